from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.made_project import PYTHON, Made, copy

JOB = f"tests-{PYTHON}"


def data_files(project: Made) -> list[Path]:
    return sorted((project.root / "coverage-data").glob("*"))


def reported(project: Made) -> set[str]:
    """The files of the gate's report."""
    return set(json.loads(project.read("coverage-report/coverage.json"))["files"])


def change(project: Made, old: str, new: str) -> None:
    project.replace("pyproject.toml", old, new)


@pytest.mark.every_python
def test_every_ci_session_passes_on_a_sound_project(project: Made) -> None:
    done = project.nox()
    assert done.returncode == 0, done.stdout
    assert f"* {JOB}: success" in done.stdout
    assert "* coverage: success" in done.stdout


def test_a_job_leaves_one_visible_file_with_branches_and_a_run_with_own_arguments_leaves_it_alone(
    project: Made,
) -> None:
    done = project.nox("-s", "tests")
    assert done.returncode == 0, done.stdout
    (file,) = data_files(project)
    assert file.name.startswith(f"{JOB}@{sys.platform}@")
    data = CoverageData(str(file))
    data.read()
    assert data.has_arcs()
    (installed,) = (name for name in data.measured_files() if "site-packages" in name)
    assert data.lines(installed) == [1, 2, 3, 4]

    done = project.nox("-s", JOB, "--", "-k", "with_oil")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 deselected" in done.stdout
    assert data_files(project) == [file]


def test_a_job_on_a_runner_names_its_data_after_it_and_replaces_what_it_left_there_before(project: Made) -> None:
    other = project.write(f"coverage-data/{JOB}@linux@1.dat", "of another machine")
    project.write(f"coverage-data/{JOB}@our-machine@1.dat", "of this machine, and other code")
    done = project.nox("-s", "tests", env={"EVENFALL_SYSTEM": "our-machine"})
    assert done.returncode == 0, done.stdout
    kept, new = data_files(project)
    assert kept == other
    assert new.name.startswith(f"{JOB}@our-machine@")
    assert not new.name.endswith("@1.dat")


UNSEEN = 'def unseen() -> str:\n    return "never called"\n'


def test_what_is_shipped_and_never_imported_counts_as_not_covered(project: Made) -> None:
    """A module of its own, and one in a subfolder that has no `__init__.py`; no module is a template among the data."""
    project.write("src/lantern_cli.py", UNSEEN)
    project.write("src/lantern/plugins/extra.py", UNSEEN)
    project.write("src/lantern/templates/{{ name }}.py", "import {{ name }}\n")
    included = '[tool.hatch.build.targets.wheel]\nonly-include = ["src"]\nsources = ["src"]\n\n[tool.isort]'
    change(project, "[tool.isort]", included)
    project.git("add", "--all")
    done = project.nox("-s", "coverage")
    assert done.returncode == 1, done.stdout
    assert "coverage is 60.00 %, the target is 100.00 %" in done.stdout
    assert reported(project) == {"src/lantern/__init__.py", "src/lantern/plugins/extra.py", "src/lantern_cli.py"}


def test_an_installed_file_that_git_does_not_track_fails_as_in_ci_and_is_named(project: Made) -> None:
    project.write("src/lantern/extra.py", "OIL = 1\n")
    project.write("src/lantern/_made.py", "OIL = 1\n")
    project.write(".git/info/exclude", "_made.py\n")
    project.replace("tests/test_lantern.py", "from lantern import lit", "from lantern import extra, lit  # noqa: F401")
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert (
        "aborted: src/lantern/extra.py: installed here, but not tracked by git, so CI does not have it\n"
        "  next: git add src/lantern/extra.py" in done.stdout
    )
    project.git("add", "src/lantern/extra.py")
    done = project.nox("-s", "tests")
    assert done.returncode == 0, done.stdout


def test_a_comma_in_the_path_of_the_project_is_refused_by_name(template: Made, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "a,b")
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert "site-packages/lantern: coverage can't measure a path with a comma" in done.stdout
    assert data_files(project) == []


def test_a_failing_test_fails_the_session_and_leaves_no_data(project: Made) -> None:
    project.replace("tests/test_lantern.py", '"dark"', '"black"')
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert data_files(project) == []


FLAT = """\
import os
import subprocess
import sys
from pathlib import Path

import lantern

ROOT = str(Path(__file__).parent.parent)


def test_here() -> None:
    assert lantern.lit(1) + lantern.lit(0) == "brightdark"
    assert "site-packages" in lantern.__file__


def test_in_a_program_that_a_test_starts() -> None:
    command = [sys.executable, "-c", "import lantern; print(lantern.__file__)"]
    said = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": ROOT}, capture_output=True, text=True)
    assert "site-packages" in said.stdout, said.stderr
"""


def test_a_flat_layout_that_puts_its_tree_first_everywhere_is_tested_as_installed(project: Made) -> None:
    """The working directory, `pythonpath`, a conftest, xdist's workers, `PYTHONPATH`, and pytest's rewriting of a plugin."""
    (project.root / "src/lantern").rename(project.root / "lantern")
    change(project, 'requires = ["hatchling"]', 'requires = ["setuptools"]')
    change(project, "hatchling.build", "setuptools.build_meta")
    change(project, '"pytest"]', '"pytest", "pytest-xdist"]')
    change(
        project,
        "[tool.isort]",
        '[project.entry-points.pytest11]\nlantern = "lantern"\n\n[tool.setuptools]\npackages = ["lantern"]\n\n'
        '[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = ["-n", "2", "--dist", "worksteal"]\n\n'
        '[tool.coverage.run]\nsource = ["lantern", "tests"]\nparallel = true\npatch = ["subprocess"]\n\n[tool.isort]',
    )
    project.write("tests/__init__.py", "")
    project.write(
        "tests/conftest.py",
        "import sys\nfrom pathlib import Path\n\nsys.path.insert(0, str(Path(__file__).parents[1]))\n",
    )
    project.write("tests/test_lantern.py", FLAT)
    project.git("add", "--all")
    project.lock()
    done = project.nox("-s", "coverage")
    assert done.returncode == 0, done.stdout
    assert "2 workers" in done.stdout
    assert reported(project) == {
        "lantern/__init__.py",
        "tests/__init__.py",
        "tests/conftest.py",
        "tests/test_lantern.py",
    }


def test_doctests_in_src_and_a_project_that_measures_itself_with_pytest_cov(project: Made) -> None:
    """Its own `--cov`, its omitted places, one of which holds every installed file, and relative names do not disturb."""
    change(project, 'requires = ["hatchling"]', 'requires = ["uv_build"]')
    change(project, "hatchling.build", "uv_build")
    change(project, '"pytest"]', '"pytest", "pytest-cov"]')
    change(
        project,
        "[tool.isort]",
        '[tool.pytest.ini_options]\ntestpaths = ["src", "tests"]\npythonpath = ["src"]\nfilterwarnings = ["error"]\n'
        'addopts = ["--cov", "--cov-report=xml", "--cov-fail-under=100", "--doctest-modules"]\n\n'
        '[tool.coverage.run]\nsource = ["src"]\nrelative_files = true\n'
        'omit = ["*/site-packages/*", "src/lantern/_old.py"]\n\n[tool.isort]',
    )
    project.write(
        "src/lantern/_old.py", 'def never() -> str:\n    """\n    >>> 1 + 1\n    2\n    """\n    return "run"\n'
    )
    project.git("add", "--all")
    project.lock()
    done = project.nox("-s", "coverage")
    assert done.returncode == 0, done.stdout
    assert "src/lantern/_old.py" in done.stdout  # its doctest ran
    assert "3 passed" in done.stdout
    assert reported(project) == {"src/lantern/__init__.py"}
    assert "coverage is 100.00 %" in done.stdout


def test_what_xdist_distributes_is_measured_where_coverage_does_not_follow(project: Made) -> None:
    """A project of a single module, without `patch = ["subprocess"]`."""
    text = project.read("src/lantern/__init__.py")
    (project.root / "src/lantern/__init__.py").unlink()
    (project.root / "src/lantern").rmdir()
    project.write("lantern.py", text)
    project.git("add", "--all")
    change(project, 'requires = ["hatchling"]', 'requires = ["flit_core"]')
    change(project, "hatchling.build", "flit_core.buildapi")
    change(project, '"pytest"]', '"pytest", "pytest-xdist"]')
    change(project, "[tool.isort]", '[tool.pytest.ini_options]\naddopts = ["-n", "2"]\n\n[tool.isort]')
    project.lock()
    done = project.nox("-s", "coverage")
    assert done.returncode == 0, done.stdout
    assert 'patch = ["subprocess"]' in done.stdout
    assert reported(project) == {"lantern.py"}
    assert "coverage is 100.00 %" in done.stdout


def test_a_namespace_package_with_modules_that_only_the_build_puts_there(project: Made) -> None:
    """The gate finds these where it runs itself, as in CI, where no job's environment is."""
    (project.root / "src/night").mkdir()
    (project.root / "src/lantern").rename(project.root / "src/night/lantern")
    project.write("built/oil.in", "OIL = 1\n")
    change(
        project,
        "[tool.isort]",
        '[tool.hatch.build.targets.wheel]\npackages = ["src/night"]\n\n[tool.hatch.build.targets.wheel.force-include]\n'
        '"built/oil.in" = "night/lantern/_oil.py"\n"coverage_target.txt" = "wick.py"\n\n[tool.isort]',
    )
    imports = "import wick  # noqa: F401\nfrom night.lantern import lit\nfrom night.lantern._oil import OIL"
    project.replace("tests/test_lantern.py", "from lantern import lit", imports)
    project.replace("tests/test_lantern.py", "lit(1)", "lit(OIL)")
    project.commit()
    done = project.nox("-s", "tests")
    assert done.returncode == 0, done.stdout
    shutil.rmtree(project.root / ".nox")
    done = project.nox("--no-dependencies", "-s", "coverage")
    assert done.returncode == 0, done.stdout
    files = reported(project)
    assert {name for name in files if "site-packages" not in name} == {"src/night/lantern/__init__.py"}
    assert {name.partition("site-packages/")[2] for name in files} == {"", "night/lantern/_oil.py", "wick.py"}


def test_a_source_tree_that_runs_all_the_same_fails_the_session_and_names_the_file(project: Made) -> None:
    project.write(
        "tests/conftest.py",
        "import sys\nfrom importlib.util import module_from_spec, spec_from_file_location\n\n"
        'spec = spec_from_file_location("lantern", "src/lantern/__init__.py")\n'
        "sys.modules['lantern'] = module_from_spec(spec)\nspec.loader.exec_module(sys.modules['lantern'])\n",
    )
    done = project.nox("-s", "tests")
    assert done.returncode == 1, done.stdout
    assert "src/lantern/__init__.py: the tests executed the source tree, not the installed package" in done.stdout
    assert data_files(project) == []


def test_a_data_file_that_the_wheel_lacks_is_noticed(project: Made) -> None:
    project.write("src/lantern/oil.txt", "1")
    project.git("add", "--all")
    project.replace(
        "src/lantern/__init__.py",
        "def lit",
        'from pathlib import Path\n\nOIL = Path(__file__).with_name("oil.txt").read_text()\n\n\ndef lit',
    )
    change(project, "[tool.isort]", '[tool.hatch.build]\nexclude = ["*.txt"]\n\n[tool.isort]')
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert "site-packages/lantern/oil.txt" in done.stdout


def test_a_wheel_without_a_module_is_an_error(project: Made) -> None:
    change(project, "[tool.isort]", '[tool.hatch.build.targets.wheel]\nonly-include = ["README.md"]\n\n[tool.isort]')
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert "lantern: its wheel contains no module to import" in done.stdout
    assert "next: uv build --wheel" in done.stdout


@pytest.mark.parametrize(
    ("locked", "says"),
    [
        ('test = ["coverage"]', "pytest: not in the project's test groups (test)\n  next: uv add --group test pytest"),
        (
            'tests = ["pytest"]',
            "coverage: not in the project's test groups (tests)\n  next: uv add --group tests coverage",
        ),
        (
            'other = ["pytest"]',
            "pytest: not in the project's test groups (there are none)\n  next: uv add --group test pytest",
        ),
    ],
)
def test_a_tool_that_is_not_locked_is_named_with_the_command_that_adds_it(
    project: Made, locked: str, says: str
) -> None:
    change(project, 'test = ["coverage", "pytest"]', locked)
    project.lock()
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert says in done.stdout


def test_a_test_that_replaces_pytest_is_not_a_pass(project: Made) -> None:
    """The process then ends with another program's exit code, and everything after it never ran."""
    project.write("tests/test_exec.py", 'import os\n\n\ndef test_it():\n    os.execv("/bin/true", ["true"])\n')
    done = project.nox("-s", f"tests-{PYTHON}")
    assert done.returncode == 1
    assert "a test replaced its process" in done.stdout

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.sample_project import PYTHON, SampleProject

pytestmark = pytest.mark.integration

JOB = f"tests-{PYTHON}"


def data_files(project: SampleProject) -> list[Path]:
    return sorted((project.root / "coverage-data").glob("*"))


def reported(project: SampleProject) -> set[str]:
    """The files of the gate's report."""
    return set(json.loads(project.read("coverage-report/coverage.json"))["files"])


def change(project: SampleProject, old: str, new: str) -> None:
    project.replace("pyproject.toml", old, new)


@pytest.mark.every_python
def test_the_sessions_of_ci_pass_and_the_tests_leave_one_visible_file_with_branches(project: SampleProject) -> None:
    change(project, "[tool.isort]", '[tool.coverage.run]\nbranch = true\ncommand_line = "-m pytest -x"\n\n[tool.isort]')
    done = project.nox()
    assert done.returncode == 0, done.stdout
    assert f"* {JOB}: success" in done.stdout
    assert "[run] command_line of coverage is not used" in done.stdout
    assert "* coverage: success" in done.stdout
    (file,) = data_files(project)
    assert file.name.startswith(f"{JOB}@{sys.platform}@")
    data = CoverageData(str(file))
    data.read()
    assert data.has_arcs()
    (installed,) = (name for name in data.measured_files() if "site-packages" in name)
    assert data.lines(installed) == [1, 2, 3, 4]


def test_a_run_with_arguments_for_pytest_leaves_the_data_of_earlier_runs(project: SampleProject) -> None:
    earlier = project.write(f"coverage-data/{JOB}@{sys.platform}@1.dat", "")
    done = project.nox("-s", JOB, "--", "-k", "with_oil")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 deselected" in done.stdout
    assert data_files(project) == [earlier]


def test_the_package_is_built_from_tracked_files(project: SampleProject) -> None:
    """An old `build/` and an untracked module do not get into it."""
    project.build_with("setuptools.build_meta", "setuptools")
    project.write(".git/info/exclude", "build/\n")
    project.write("src/lantern/extra.py", "OIL = 1\n")
    project.write("build/lib/lantern/units.py", "LUMEN = 1\n")
    project.write(
        "tests/test_lantern.py",
        "import importlib.util\n\n\ndef test_it() -> None:\n"
        '    assert importlib.util.find_spec("lantern.units") is importlib.util.find_spec("lantern.extra") is None\n',
    )
    done = project.nox("-s", "tests")
    assert done.returncode == 0, done.stdout
    assert "not installed, because git does not track them: src/lantern/extra.py" in done.stdout
    assert not (project.root / f".nox/tests-{PYTHON.replace('.', '-')}/source").exists()


def test_a_data_file_that_the_wheel_lacks_fails_the_tests_and_no_data_are_left(project: SampleProject) -> None:
    project.write("src/lantern/oil.txt", "1")
    project.git("add", "--all")
    project.replace(
        "src/lantern/__init__.py",
        "def lit",
        'from pathlib import Path\n\nOIL = Path(__file__).with_name("oil.txt").read_text()\n\n\ndef lit',
    )
    project.build_with("hatchling.build", "hatchling")
    change(project, "[tool.isort]", '[tool.hatch.build]\nexclude = ["*.txt"]\n\n[tool.isort]')
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert "site-packages/lantern/oil.txt" in done.stdout
    assert data_files(project) == []


UNSEEN = 'def unseen() -> str:\n    return "never called"\n'


def test_code_in_a_folder_with_another_name_is_measured_and_no_example_or_copy(project: SampleProject) -> None:
    """`old` has the same files, so that only a build shows which folder is installed. No test imports some of the modules."""
    (project.root / "src").rename(project.root / "old")
    code = f"{project.read('old/lantern/__init__.py')}\n\ndef never() -> int:\n    return 1\n"
    for folder in ("code", "old/lantern"):
        project.write(f"{folder}/__init__.py", code)
        project.write(f"{folder}/unseen.py", UNSEEN)
        project.write(f"{folder}/plugins/extra.py", UNSEEN)
    project.write("examples/lantern/__init__.py", '"""Show the lantern."""\n')
    project.build_with("hatchling.build", "hatchling")
    places = '[tool.hatch.build.targets.wheel]\nonly-include = ["code"]\nsources = { code = "lantern" }\n\n'
    change(
        project,
        "[tool.isort]",
        f'{places}[tool.coverage]\nrun.source = ["lantern"]\nreport.include_namespace_packages = true\n\n[tool.isort]',
    )
    project.git("add", "--all")
    done = project.nox("-s", "coverage")
    assert done.returncode == 1, done.stdout
    assert "coverage is 50.00 %, the target is 100.00 %" in done.stdout
    assert reported(project) == {"code/__init__.py", "code/plugins/extra.py", "code/unseen.py"}


def test_a_project_that_is_no_package_is_tested_in_its_source_tree(project: SampleProject) -> None:
    options = '[tool.pytest.ini_options]\npythonpath = ["src"]\n\n[tool.uv]\npackage = false\n\n[tool.uv.build-backend]'
    change(project, "[tool.uv.build-backend]", options)
    project.lock()
    done = project.nox("-s", "coverage")
    assert done.returncode == 0, done.stdout
    assert reported(project) == {"src/lantern/__init__.py", "tests/test_lantern.py"}
    assert "build" not in project.nox("--list").stdout


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
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": ROOT}, capture_output=True, text=True)
    assert "site-packages" in done.stdout, done.stderr
"""


def test_a_flat_layout_whose_tree_is_first_on_every_path_is_tested_as_installed(project: SampleProject) -> None:
    """The tree is on the path by the working directory, `pythonpath`, a conftest, xdist's workers, `PYTHONPATH` and a rewritten plugin."""
    (project.root / "src/lantern").rename(project.root / "lantern")
    project.build_with("flit_core.buildapi", "flit_core")
    change(project, '"pytest"]', '"pytest", "pytest-xdist"]')
    change(
        project,
        "[tool.isort]",
        '[project.entry-points.pytest11]\nlantern = "lantern"\n\n'
        '[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = ["-n", "1", "--dist", "worksteal"]\n\n'
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
    assert "1 worker" in done.stdout
    assert reported(project) == {
        "lantern/__init__.py",
        "tests/__init__.py",
        "tests/conftest.py",
        "tests/test_lantern.py",
    }


def test_a_project_with_doctests_in_src_and_its_own_settings_of_pytest_cov_is_measured(project: SampleProject) -> None:
    """Its `--cov-fail-under` applies, pytest-cov measures the workers of pytest-xdist, and one process reads all settings."""
    change(project, '"pytest"]', '"pytest", "pytest-cov", "pytest-xdist"]')
    change(
        project,
        "[tool.isort]",
        '[tool.pytest.ini_options]\ntestpaths = ["src", "tests"]\npythonpath = ["src"]\nfilterwarnings = ["error"]\n'
        'addopts = ["--cov", "--cov-report=xml", "--cov-fail-under=90", "--doctest-modules", "-n", "1"]\n\n'
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
    assert "3 passed" in done.stdout  # one is a doctest
    assert reported(project) == {"src/lantern/__init__.py"}
    assert [*project.root.glob(".nox/*/config-answer.json")]
    assert not [*project.root.glob(".nox/*/read-answer.json")]
    assert (
        "coverage is 100.00 %, the target is 100.00 % (coverage_target.txt; --cov-fail-under is 90.00)" in done.stdout
    )


def test_without_the_subprocess_patch_of_coverage_the_workers_of_xdist_are_measured(project: SampleProject) -> None:
    """The project is a single module."""
    text = project.read("src/lantern/__init__.py")
    (project.root / "src/lantern/__init__.py").unlink()
    (project.root / "src/lantern").rmdir()
    project.write("lantern.py", text)
    project.git("add", "--all")
    project.build_with("flit_core.buildapi", "flit_core")
    change(project, '"pytest"]', '"pytest", "pytest-xdist"]')
    change(project, "[tool.isort]", '[tool.pytest.ini_options]\naddopts = ["-n", "1"]\n\n[tool.isort]')
    project.lock()
    done = project.nox("-s", "coverage")
    assert done.returncode == 0, done.stdout
    assert "1 worker" in done.stdout
    assert "coverage measures every Python process that the tests start" in done.stdout
    assert reported(project) == {"lantern.py", "tests/test_lantern.py"}
    assert "coverage is 100.00 %" in done.stdout


def test_modules_that_only_the_build_adds_to_a_namespace_package_are_measured(project: SampleProject) -> None:
    """The gate finds them in its own environment, because in CI it has no other."""
    project.build_with("hatchling.build", "hatchling")
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
    assert {name for name in files if "site-packages" not in name} == {
        "src/night/lantern/__init__.py",
        "tests/test_lantern.py",
    }
    assert {name.partition("site-packages/")[2] for name in files} == {"", "night/lantern/_oil.py", "wick.py"}


BY_PATH = """\
import sys
from importlib.util import module_from_spec, spec_from_file_location

spec = spec_from_file_location("NAME", "src/lantern/__init__.py")
sys.modules["NAME"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["NAME"])
"""


def test_tests_that_execute_the_source_tree_fail_the_session(project: SampleProject) -> None:
    project.write("tests/conftest.py", BY_PATH.replace("NAME", "lantern"))
    done = project.nox("-s", "tests")
    assert done.returncode == 1, done.stdout
    assert "src/lantern/__init__.py: the tests executed the source tree, not the installed package" in done.stdout
    assert data_files(project) == []
    project.write("tests/conftest.py", BY_PATH.replace("NAME", "by_path"))
    done = project.nox("-r", "-s", "tests")
    assert done.returncode == 0, done.stdout
    assert "also executed files of the source tree by their path: src/lantern/__init__.py" in done.stdout


def test_a_wheel_without_a_module_is_an_error(project: SampleProject) -> None:
    project.build_with("hatchling.build", "hatchling")
    change(project, "[tool.isort]", '[tool.hatch.build.targets.wheel]\nonly-include = ["README.md"]\n\n[tool.isort]')
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert "lantern: the wheel contains no module to import" in done.stdout
    assert "next: uv build --wheel" in done.stdout


def test_a_tool_that_the_test_groups_lack_fails_the_session(project: SampleProject) -> None:
    change(project, 'test = ["coverage", "pytest"]', 'test = ["coverage"]')
    project.lock()
    done = project.nox("-s", "tests")
    assert done.returncode == 1
    assert "pytest: not in the project's test groups (test)" in done.stdout


def test_a_test_that_replaces_the_process_of_pytest_fails_the_session(project: SampleProject) -> None:
    """The exit code is then that of another program, and the remaining tests have not run."""
    project.write("tests/test_exec.py", 'import os\n\n\ndef test_it():\n    os.execv("/bin/true", ["true"])\n')
    done = project.nox("-s", f"tests-{PYTHON}")
    assert done.returncode == 1
    assert "a test replaced its process" in done.stdout

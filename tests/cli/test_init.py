"""`evenfall init` on real projects; Evenfall comes from a wheel of this repository, as a user would have it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from evenfall.project.project import read_project
from tests.made_project import FILES, PYTHON, Made, on_one_python

pytestmark = on_one_python

GENERATED = (".github/workflows/ci.yml", ".github/actions/nox/action.yml")
OURS = (*GENERATED, "noxfile.py", "noxfile.py.lock", "coverage_target.txt", ".pre-commit-config.yaml")


@pytest.fixture
def bare(project: Made) -> Made:
    """A uv project that knows nothing of Evenfall."""
    for path in OURS:
        (project.root / path).unlink()
    project.replace("pyproject.toml", '\n[tool.evenfall]\nsystems = ["ubuntu-latest"]\n', "")
    project.write(".gitignore", "__pycache__/\n.venv/\n.*_cache/\n")
    project.commit("as it was")
    return project


def init(made: Made, wheel: Path, *options: str) -> CompletedProcess[str]:
    return made.evenfall("init", "--source", str(wheel), *options)


def state(made: Made) -> dict[str, bytes]:
    return {
        str(file): file.read_bytes() for file in made.root.rglob("*") if file.is_file() and ".git" not in file.parts
    }


def test_init_adopts_a_project_and_a_second_run_changes_nothing(bare: Made, wheel: Path) -> None:
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert all((bare.root / path).is_file() for path in OURS)
    assert "+evenfall.standard_sessions()" in done.stdout, "every new file is shown"
    assert bare.read("coverage_target.txt") == "0.0\n"
    assert "no measured coverage lies here" in done.stderr
    assert {"/.nox/", "/coverage-data/", "/coverage-report/", "/dist/"} <= set(bare.read(".gitignore").splitlines())
    before = state(bare)
    again = init(bare, wheel, "--yes")
    assert again.returncode == 0, again.stderr
    assert again.stderr.endswith("nothing to do: evenfall is adopted here\n  next: uv run noxfile.py\n")
    assert state(bare) == before
    bare.commit()
    sessions = bare.nox("-s", "lint", "precommit", "build", "workflows")
    assert sessions.returncode == 0, sessions.stdout


def test_an_empty_folder_becomes_a_project_whose_checks_pass(tmp_path: Path, wheel: Path) -> None:
    made = Made(tmp_path / "my-lamp")
    made.root.mkdir()
    done = init(made, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    made.commit("a lamp")
    tests = f"tests-{read_project(made.root).primary_python}"
    run = made.uv("run", "--locked", "noxfile.py", "-s", tests, "lint", "precommit", "build", "workflows")
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_dry_run_shows_the_plan_and_writes_nothing(bare: Made, wheel: Path) -> None:
    bare.write(".pre-commit-config.yaml", "repos: 3\n")
    bare.write("pyproject.toml", bare.read("pyproject.toml") + '\n[tool.evenfall]\nsystems = ["macos-latest"]\n')
    bare.commit("hooks that can't be read")
    before = state(bare)
    done = init(bare, wheel, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "+++ b/.github/workflows/ci.yml" in done.stdout
    assert "noxfile.py.lock: 0 lines -> " in done.stdout
    assert "kept .pre-commit-config.yaml: not pre-commit's configuration" in done.stderr
    assert "b/pyproject.toml" not in done.stdout, "its own settings stay as they are"
    assert "macos-latest" in done.stdout
    assert state(bare) == before
    assert bare.git("status", "--porcelain") == ""


def test_without_a_terminal_and_without_yes_nothing_is_written(bare: Made, wheel: Path) -> None:
    before = state(bare)
    done = init(bare, wheel)
    assert done.returncode == 2
    assert "evenfall init --yes, or --dry-run" in done.stderr
    assert state(bare) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(("answer", "code", "written"), [("n", 1, False), ("y", 0, True)])
def test_on_a_terminal_it_asks(bare: Made, wheel: Path, answer: str, code: int, written: bool) -> None:
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "evenfall", "init", "--source", str(wheel)]
    child = subprocess.Popen(command, cwd=bare.root, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    assert child.wait() == code
    os.close(ours)
    assert (bare.root / "noxfile.py").exists() is written


def test_a_workflow_of_the_users_is_replaced_only_with_its_diff_and_others_are_kept(bare: Made, wheel: Path) -> None:
    bare.write(".github/workflows/ci.yml", "name: by hand\non: push\njobs:\n  smoke: {}\n  fuzz: {}\n")
    bare.write(".github/actions/nox/action.yml", "name: by hand\n")
    bare.write(".github/workflows/release.yml", "name: release\non: push\njobs: {}\n")
    bare.write(
        ".pre-commit-config.yaml",
        "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.1.0\n    hooks: [{id: ruff}]\n",
    )
    bare.commit("workflows by hand")
    bare.write(".github/actions/nox/action.yml", "name: by hand, again\n")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert "-name: by hand" in done.stdout
    assert "changed .github/workflows/ci.yml" in done.stderr
    assert (
        "note: replaces .github/workflows/ci.yml, written by hand (git keeps the old one): its jobs smoke, fuzz\n"
        in done.stderr
    )
    assert (
        "note: replaces .github/actions/nox/action.yml, written by hand (git has no copy of it as it is now)\n"
        in done.stderr
    )
    assert "lies on this machine only: a runner does not have it" in done.stderr, "the wheel of this test does"
    assert "kept .github/workflows/release.yml: its jobs run commands of their own" in done.stderr
    assert bare.read(".github/workflows/release.yml") == "name: release\non: push\njobs: {}\n"
    assert "its hook runs ruff v0.1.0, the lock holds" in done.stderr


def test_a_noxfile_of_the_users_is_kept_and_what_it_lacks_is_said(bare: Made, wheel: Path) -> None:
    text = 'import nox\n\n\n@nox.session\ndef mine(session):\n    """Mine."""\n'
    bare.write("noxfile.py", text)
    done = init(bare, wheel, "--yes")
    assert done.returncode == 1
    assert bare.read("noxfile.py") == text
    for lacking in ("# /// script", "import evenfall", "evenfall.standard_sessions()", "    nox.main()"):
        assert lacking in done.stderr
    assert not (bare.root / GENERATED[0]).exists(), "there is no pipeline to generate it from yet"
    lines = done.stderr.splitlines()
    header = [line for line in lines if line.startswith("#")]
    whole = "\n".join(
        [
            *header,
            "import evenfall",
            text,
            "evenfall.standard_sessions()",
            'if __name__ == "__main__":',
            "    nox.main()",
            "",
        ]
    )
    bare.write("noxfile.py", whole)
    again = init(bare, wheel, "--yes")
    assert again.returncode == 0, again.stderr
    assert (bare.root / GENERATED[0]).exists()


def test_a_setuptools_project_with_a_flat_layout_a_branch_and_coverage_of_its_own(bare: Made, wheel: Path) -> None:
    shutil.move(bare.root / "src" / "lantern", bare.root / "lantern")
    bare.replace(
        "pyproject.toml",
        'requires = ["hatchling"]\nbuild-backend = "hatchling.build"',
        'requires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"',
    )
    bare.replace(
        "pyproject.toml",
        "[tool.isort]",
        '[tool.setuptools]\npackages = ["lantern"]\n\n[tool.coverage.report]\nfail_under = 83\n\n[tool.isort]',
    )
    bare.write("Makefile", "sync:\n\tuv sync --all-extras\n")
    bare.replace(
        "pyproject.toml",
        "[dependency-groups]",
        '[project.optional-dependencies]\nfast = ["six"]\n\n[dependency-groups]',
    )
    bare.lock()
    bare.git("branch", "--move", "trunk")
    bare.commit("flat")
    bare.git("update-ref", "refs/remotes/origin/trunk", "HEAD")
    bare.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert '[tool.evenfall]\nextras = ["fast"]\ndefault-branch = "trunk"' in bare.read("pyproject.toml")
    assert 'reproducible = "contents"' in bare.read("pyproject.toml")
    assert "branches: [trunk]" in bare.read(GENERATED[0])
    assert bare.read("coverage_target.txt") == "83.0\n"
    bare.commit()
    sessions = bare.nox("-s", "build", f"tests-{PYTHON}")
    assert sessions.returncode == 0, sessions.stdout


def test_a_backend_that_writes_the_time_is_held_to_the_contents_of_what_it_builds(bare: Made, wheel: Path) -> None:
    bare.replace(
        "pyproject.toml",
        'requires = ["hatchling"]\nbuild-backend = "hatchling.build"',
        'requires = ["pdm-backend"]\nbuild-backend = "pdm.backend"',
    )
    bare.commit("pdm")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    bare.commit()
    build = bare.nox("-s", "build")
    assert build.returncode == 0, build.stdout


def test_a_version_from_a_tag_gives_its_jobs_the_whole_history(bare: Made, wheel: Path) -> None:
    bare.replace("pyproject.toml", 'requires = ["hatchling"]', 'requires = ["hatchling", "hatch-vcs"]')
    bare.replace("pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    bare.replace("pyproject.toml", "[tool.isort]", '[tool.hatch.version]\nsource = "vcs"\n\n[tool.isort]')
    bare.lock()
    bare.replace("pyproject.toml", "[tool.isort]", "[tool.check-sdist]\ngit-only = []\n\n[tool.isort]")
    bare.commit("versions from tags")
    bare.git("tag", "v2.5")
    bare.git("switch", "--quiet", "--create", "a-feature")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert bare.read(GENERATED[0]).count("fetch-depth: 0") == 6
    assert "branches: [main]" in bare.read(GENERATED[0])
    assert bare.read("pyproject.toml").count("[tool.check-sdist]") == 1


def test_what_is_lacking_is_locked_and_what_cannot_run_is_left_out(bare: Made, wheel: Path) -> None:
    bare.replace("pyproject.toml", 'test = ["coverage", "pytest"]\nlint = ["isort", "pre-commit", "ruff"]\n', "")
    bare.replace("pyproject.toml", "[dependency-groups]\n", "")
    bare.lock()
    bare.commit("nothing locked")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert "no linter is locked" in done.stderr
    assert "what they import beside lantern must be in it: uv add --group test" in done.stderr
    assert 'evenfall.standard_sessions(omit=["lint", "precommit"])' in bare.read("noxfile.py")
    assert '"pytest' in bare.read("pyproject.toml")
    assert "- tests" in bare.read(GENERATED[0]).replace(f"-{PYTHON}", "")


def test_a_tool_of_the_tests_that_only_another_group_brings_is_locked_with_the_tests(bare: Made, wheel: Path) -> None:
    bare.replace("pyproject.toml", 'test = ["coverage", "pytest"]', 'test = ["pytest"]')
    bare.replace(
        "pyproject.toml",
        'lint = ["isort", "pre-commit", "ruff"]',
        'lint = ["isort", "pre-commit", "ruff", "coverage"]\noptional = ["six"]',
    )
    bare.lock()
    bare.commit("coverage lies with the linters")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert "no session installs optional; a group that tests need is named in" in done.stderr
    bare.commit()
    sessions = bare.nox("-s", f"tests-{PYTHON}", "coverage")
    assert sessions.returncode == 0, sessions.stdout


def test_the_noxfile_is_written_in_the_projects_own_style(bare: Made, wheel: Path) -> None:
    bare.replace("pyproject.toml", 'quote-style = "double"', 'quote-style = "single"')
    bare.replace("pyproject.toml", 'lint = ["isort",', 'lint = ["isort", "mypy",')
    bare.replace("pyproject.toml", "[tool.isort]", "[tool.mypy]\nstrict = true\n\n[tool.isort]")
    bare.write("src/lantern/__init__.py", FILES["src/lantern/__init__.py"].replace('"', "'"))
    bare.write("tests/test_lantern.py", FILES["tests/test_lantern.py"].replace('"', "'"))
    bare.lock()
    bare.commit("single quotes")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert "if __name__ == '__main__':" in bare.read("noxfile.py")
    lint = bare.nox("-s", "lint")
    assert lint.returncode == 0, lint.stdout


def test_what_the_sdist_leaves_out_today_is_written_down(bare: Made, wheel: Path) -> None:
    bare.write("notes/one.txt", "1\n")
    bare.write("notes/two.txt", "2\n")
    bare.write("scrap.txt", "3\n")
    bare.replace(
        "pyproject.toml",
        'requires = ["hatchling"]\nbuild-backend = "hatchling.build"',
        'requires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"',
    )
    bare.commit("notes")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert '"/notes/"' in bare.read("pyproject.toml")
    assert '"/scrap.txt"' in bare.read("pyproject.toml")
    bare.commit()
    build = bare.nox("-s", "build")
    assert build.returncode == 0, build.stdout


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path, wheel: Path) -> None:
    made = Made(tmp_path)
    made.write("notes.txt", "mine\n")
    done = init(made, wheel, "--yes")
    assert done.returncode == 2
    assert "no pyproject.toml, and the folder is not empty" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_source_that_is_not_there_is_refused_before_any_work(tmp_path: Path) -> None:
    made = Made(tmp_path / "my-lamp")
    made.root.mkdir()
    done = made.evenfall("init", "--yes", "--source", "nope.whl")
    assert done.returncode == 2
    assert done.stderr == "evenfall: --source nope.whl: not found\n  next: give a wheel, a folder or a URL\n"
    assert [*made.root.iterdir()] == []


def test_a_project_outside_git_is_refused(tmp_path: Path, wheel: Path) -> None:
    made = Made(tmp_path)
    made.write("pyproject.toml", FILES["pyproject.toml"])
    done = init(made, wheel, "--yes")
    assert done.returncode == 2
    assert "not a git repository" in done.stderr
    assert "next: git init" in done.stderr


def test_an_empty_folder_inside_a_repository_becomes_no_repository_of_its_own(bare: Made, wheel: Path) -> None:
    inner = Made(bare.root / "inner")
    inner.root.mkdir()
    done = init(inner, wheel, "--yes")
    assert done.returncode == 2
    assert "it lies inside the git repository" in done.stderr
    assert "git init for a repository of its own" in done.stderr
    assert [*inner.root.iterdir()] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (f"Python :: {PYTHON}", "Python :: 3.8", "refuses"),
        ('name = "lantern"', "name = 3", "project.name"),
        ("[build-system]", "[build]", "no [build-system]"),
    ],
)
def test_metadata_that_disagree_are_refused_and_nothing_is_written(
    bare: Made, wheel: Path, old: str, new: str, said: str
) -> None:
    bare.replace("pyproject.toml", old, new)
    before = state(bare)
    done = init(bare, wheel, "--yes")
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert state(bare) == before


def test_an_evenfall_that_cannot_be_had_is_said_with_uvs_words(bare: Made, tmp_path: Path) -> None:
    broken = tmp_path / "evenfall-1-py3-none-any.whl"
    broken.write_bytes(b"not a wheel")
    before = state(bare)
    done = init(bare, broken, "--yes")
    assert done.returncode == 3
    assert "uv lock" in done.stderr
    assert state(bare) == before


def test_a_lock_that_git_ignores_is_refused(bare: Made, wheel: Path) -> None:
    bare.write(".gitignore", "*.pyc\nuv.lock\n")
    bare.git("rm", "--quiet", "--cached", "uv.lock")
    before = state(bare)
    done = init(bare, wheel, "--yes")
    assert done.returncode == 2
    assert "uv.lock: git ignores it (.gitignore:2:uv.lock), so no runner would have it" in done.stderr
    assert state(bare) == before


def test_a_lock_that_git_takes_back_in_or_has_already_is_fine(bare: Made, wheel: Path) -> None:
    bare.write(".gitignore", "*.lock\n!uv.lock\n!noxfile.py.lock\ncoverage_target.txt\na\tb\n")
    bare.write("coverage_target.txt", "0.0\n")
    bare.git("add", "--force", "coverage_target.txt")
    bare.commit("locks are ignored, but for ours")
    done = init(bare, wheel, "--dry-run")
    assert done.returncode == 0, done.stderr


def test_tools_in_an_extra_are_found_there(bare: Made, wheel: Path) -> None:
    bare.replace(
        "pyproject.toml",
        '[dependency-groups]\ntest = ["coverage", "pytest"]\nlint = [',
        '[project.optional-dependencies]\ndev = ["coverage", "pytest", ',
    )
    bare.lock()
    bare.commit("all tools in one extra")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert 'extras = ["dev"]' in bare.read("pyproject.toml")
    assert "dependency-groups" not in bare.read("pyproject.toml"), "nothing is lacking"
    assert "evenfall.standard_sessions()" in bare.read("noxfile.py"), "nothing is left out"
    assert "uv run --locked --extra dev ruff check" in bare.read(".pre-commit-config.yaml")
    bare.commit()
    sessions = bare.nox("-s", "lint", "precommit")
    assert sessions.returncode == 0, sessions.stdout


def test_a_target_that_is_no_number_is_refused(bare: Made, wheel: Path) -> None:
    bare.write("coverage_target.txt", "most\n")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 2
    assert "coverage_target.txt:1" in done.stderr


def test_an_error_of_the_generation_is_told_as_our_own(bare: Made, wheel: Path) -> None:
    assert init(bare, wheel, "--yes").returncode == 0
    bare.replace("noxfile.py", "evenfall.standard_sessions()", "evenfall.standard_sessions()\nprint('hello')")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 2
    assert "it prints while it is read" in done.stderr
    assert "next: " in done.stderr
    bare.replace("noxfile.py", "print('hello')", "import os\nimport signal\n\nos.kill(os.getppid(), signal.SIGKILL)")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 3, "the child that generates is gone"
    assert "evenfall generate ended with -9" in done.stderr


def test_a_hook_before_each_push_is_planned_shown_and_written_once(project: Made) -> None:
    hook = project.root / ".git/hooks/pre-push"
    looked = project.evenfall("init", "--pre-push", "--dry-run")
    assert (looked.returncode, hook.exists()) == (0, False)
    assert "+++ b/.git/hooks/pre-push" in looked.stdout
    assert "1 files would be written; nothing is" in looked.stderr
    asked = project.evenfall("init", "--pre-push")
    assert (asked.returncode, hook.exists()) == (2, False)
    assert "there is no terminal to ask on" in asked.stderr
    written = project.evenfall("init", "--pre-push", "--yes")
    assert (written.returncode, os.access(hook, os.X_OK)) == (0, True)
    assert "wrote .git/hooks/pre-push: evenfall runs before each push" in written.stderr
    again = project.evenfall("init", "--pre-push", "--yes")
    assert (again.returncode, again.stderr) == (0, "nothing to do: the pre-push hook is there\n")


def test_a_project_can_be_adopted_with_the_hook(bare: Made, wheel: Path) -> None:
    arguments = ("init", "--yes", "--pre-push", "--source", os.fspath(wheel))
    hook = bare.write(".git/hooks/pre-push", "#!/bin/sh\nmake check\n")
    refused = bare.evenfall(*arguments)
    assert refused.returncode == 2
    assert not (bare.root / "noxfile.py").exists(), "nothing is written where the hook can't be"
    hook.unlink()
    looked = bare.evenfall(*arguments, "--dry-run")
    assert "+++ b/.git/hooks/pre-push" in looked.stdout
    done = bare.evenfall(*arguments)
    assert done.returncode == 0, done.stderr
    assert os.access(hook, os.X_OK)

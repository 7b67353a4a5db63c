"""The environment of a job: the Python that its name says, from wherever this machine has it, or a plain answer."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.made_project import PYTHON, Made
from tests.pipeline.conftest import Declare

ABSENT = "3.98", "3.99"  # no machine has these
WHO = "session.run('python', '-c', 'import sys; print(\"runs\", sys.base_prefix)')"
MATRIX = f"@evenfall.session(python=['{PYTHON}', '{{absent}}'])\ndef tests(session):\n    {WHO}\n".format(
    absent=ABSENT[1]
)
PARAMETRIZED = (
    f"@evenfall.session(python=['{PYTHON}', '{ABSENT[1]}'])\n@nox.parametrize('n', [1, 2])\n"
    f"def tests(session, n):\n    {WHO}\n"
)
REASON = f"Python {ABSENT[1]} is not on this machine, and uv could not bring it"


POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows runs no shell scripts")


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """A machine without pyenv and without any Python that uv brought."""
    return {"PYENV_ROOT": os.fspath(tmp_path / "nowhere"), "UV_PYTHON_INSTALL_DIR": os.fspath(tmp_path / "nothing")}


@pytest.mark.parametrize("more", [{}, {"CI": "true"}], ids=["here", "in CI"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_missing_python_of_a_matrix_is_skipped_and_the_run_succeeds(
    declare: Declare, bare: dict[str, str], jobs: str, more: dict[str, str]
) -> None:
    done = declare(MATRIX).nox("-j", jobs, env={**bare, **more})
    assert done.returncode == 0, done.stdout
    assert f"tests-{PYTHON}: success" in done.stdout
    assert f"skipped: {REASON}" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("-s", f"tests-{ABSENT[1]}"), ("-p", ABSENT[1]), ("-s", f"tests-{ABSENT[1]}", f"tests-{PYTHON}", "-j", "2")],
    ids=["by session", "by Python", "in parallel"],
)
def test_a_missing_python_that_is_asked_for_by_name_fails(
    declare: Declare, bare: dict[str, str], arguments: tuple[str, ...]
) -> None:
    done = declare(MATRIX).nox(*arguments, env=bare)
    assert done.returncode == 1, done.stdout
    assert f"{REASON}; next: uv python install {ABSENT[1]}" in done.stdout


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_matrix_of_which_no_python_is_there_fails(declare: Declare, bare: dict[str, str], jobs: str) -> None:
    body = f"@evenfall.session(python={list(ABSENT)!r})\ndef tests(session): ...\n"
    done = declare(body).nox("-j", jobs, env=bare)
    assert done.returncode == 1, done.stdout
    assert "skipped" not in done.stdout


def test_a_single_python_that_is_missing_fails(declare: Declare, bare: dict[str, str]) -> None:
    done = declare(f"@evenfall.session(python='{ABSENT[1]}')\ndef tests(session): ...\n").nox(env=bare)
    assert done.returncode == 1, done.stdout
    assert REASON in done.stdout


def test_jobs_with_parameters_are_held_to_the_same(declare: Declare, bare: dict[str, str]) -> None:
    project = declare(PARAMETRIZED)
    done = project.nox(env=bare)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(f"skipped: skipped: {REASON}") >= 2
    assert f"tests-{PYTHON}(n=2): success" in done.stdout
    asked = project.nox("-s", f"tests-{ABSENT[1]}(n=2)", env=bare)
    assert asked.returncode == 1, asked.stdout


@POSIX
def test_an_interpreter_behind_pyenvs_shims_is_found(declare: Declare, tmp_path: Path, bare: dict[str, str]) -> None:
    """The shim on PATH answers 127, as pyenv's does for a version that is not selected."""
    shims, folder = tmp_path / "shims", tmp_path / "pyenv" / "versions" / f"{PYTHON}.77" / "bin"
    shims.mkdir()
    folder.mkdir(parents=True)
    shim = shims / f"python{PYTHON}"
    shim.write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    (folder / f"python{PYTHON}").symlink_to(sys.executable)
    path = os.pathsep.join([os.fspath(shims), os.environ["PATH"]])
    done = declare(MATRIX).nox("-v", env={**bare, "PYENV_ROOT": os.fspath(tmp_path / "pyenv"), "PATH": path})
    assert done.returncode == 0, done.stdout
    assert os.fspath(folder) in done.stdout
    assert "runs" in done.stdout


def test_an_environment_of_another_python_is_not_used(declare: Declare, bare: dict[str, str]) -> None:
    project = declare(
        f"@evenfall.session(python='{ABSENT[1]}', name='tests')\ndef tests(session): session.log('ran')\n"
    )
    assert project.uv("venv", "--quiet", "--python", sys.executable, ".nox/tests").returncode == 0
    done = project.nox("-R", "-s", "tests", env=bare)
    assert done.returncode == 1, done.stdout
    assert f"tests: its environment runs Python {PYTHON}, not {ABSENT[1]}" in done.stdout
    assert "next: remove .nox/tests" in done.stdout
    assert "ran" not in done.stdout


@POSIX
def test_sessions_use_the_uv_that_is_installed_beside_nox(declare: Declare, tmp_path: Path) -> None:
    """Whatever uv the variable or PATH name."""
    other = tmp_path / "other" / "uv"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho uv 99.0 of another place\n", encoding="utf-8")
    other.chmod(0o755)
    project = declare(f"@evenfall.session(python='{PYTHON}')\ndef a(session): session.run('uv', '--version')\n")
    done = project.nox(
        env={"UV": os.fspath(other), "PATH": os.pathsep.join([os.fspath(other.parent), os.environ["PATH"]])}
    )
    assert done.returncode == 0, done.stdout
    assert "another place" not in done.stdout
    assert project.uv("--version").stdout.strip() in done.stdout


def test_groups_are_installed_exactly_as_locked_with_a_fresh_build_of_the_project(project: Made) -> None:
    project.write("src/lantern/colour.py", "COLOUR = 'amber'\n")
    show = "import lantern.colour, pytest; print(lantern.colour.COLOUR, lantern.__file__)"
    asked = "import os; print('asked:', os.environ.get('EVENFALL_ASKED'), os.environ['UV_NO_SYNC'])"
    body = (
        "import evenfall\n@evenfall.session(groups=['test'])\ndef show(session):\n"
        f"    session.run('python', '-c', {show!r})\n"
        "    session.run('python', '-c', 'import ruff', success_codes=[1])\n"
        "    session.run('uv', 'run', 'python', '-c', 'import sys; print(sys.prefix)')\n"
        f"    session.run('python', '-c', {asked!r})\n"
    )
    project.write("noxfile.py", body)
    done = project.nox("-s", "show")
    assert done.returncode == 0, done.stdout
    assert "amber" in done.stdout
    assert os.fspath(project.root / "src") not in done.stdout.partition("amber")[2].splitlines()[0]
    assert os.fspath(project.root / ".nox" / "show") in done.stdout
    assert "asked: None 1" in done.stdout
    project.write("src/lantern/colour.py", "COLOUR = 'green'\n")
    assert "green" in project.nox("-r", "-s", "show").stdout


def test_configured_extras_are_installed_too(project: Made) -> None:
    project.replace(
        "pyproject.toml",
        "[dependency-groups]",
        '[project.optional-dependencies]\noil = ["iniconfig"]\n\n[dependency-groups]',
    )
    project.replace("pyproject.toml", "[tool.evenfall]\n", '[tool.evenfall]\nextras = ["oil"]\n')
    project.lock()
    project.write(
        "noxfile.py",
        "import evenfall\n@evenfall.session(groups=())\ndef show(session):\n"
        "    session.run('python', '-c', 'import lantern, iniconfig')\n",
    )
    done = project.nox("-s", "show")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("start", ["plain", "nox from below"])
def test_a_missing_lock_is_named_with_the_command_that_writes_it(project: Made, start: str) -> None:
    (project.root / "uv.lock").unlink()
    project.write("noxfile.py", "import evenfall\n@evenfall.session(groups=['test'])\ndef a(session): ...\n")
    where = Made(project.root / "src") if start != "plain" else project
    done = where.nox("-f", os.fspath(project.root / "noxfile.py"), "-s", "a")
    assert done.returncode == 1, done.stdout
    assert f"uv.lock: not found in {project.root}" in done.stdout
    assert "next: uv lock" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_stale_lock_is_not_quietly_renewed(project: Made) -> None:
    project.replace("pyproject.toml", '"pytest"]', '"pytest", "iniconfig"]')
    project.write(
        "noxfile.py", "import evenfall\n@evenfall.session(groups=['test'])\ndef a(session): session.log('ran')\n"
    )
    before = project.read("uv.lock")
    done = project.nox("-s", "a")
    assert done.returncode == 1, done.stdout
    assert "needs to be updated" in done.stdout
    assert "> ran" not in done.stdout
    assert project.read("uv.lock") == before


def test_a_session_without_an_environment_is_left_alone(declare: Declare) -> None:
    project = declare("@evenfall.session(python=False)\ndef a(session): session.log('ran')\n")
    shutil.rmtree(project.root / ".git")
    done = project.nox("-s", "a")
    assert done.returncode == 0, done.stdout
    assert "ran" in done.stdout


def test_what_nox_is_told_about_missing_interpreters_still_counts(declare: Declare, bare: dict[str, str]) -> None:
    done = declare(MATRIX).nox("--error-on-missing-interpreters", env=bare)
    assert done.returncode == 1, done.stdout


def test_a_session_can_ask_for_what_another_declares(declare: Declare) -> None:
    project = declare(
        "from evenfall.pipeline import nox_adapter as host\n"
        f"@evenfall.session(python=['{PYTHON}'], artifacts=['x/'])\ndef a(session): ...\n"
        "@nox.session\ndef b(session): ...\n"
        "@evenfall.session(python=False)\ndef c(session):\n"
        "    print(host.declared('a').facts.artifacts, host.declared('b'), host.declared('nothing'))\n"
    )
    done = project.nox("-s", "c")
    assert done.returncode == 0, done.stdout
    assert "('x/',) None None" in done.stdout


def test_a_python_that_is_named_in_another_way_is_taken_as_it_is(declare: Declare) -> None:
    body = f"@evenfall.session(python='python{PYTHON}')\ndef tests(session): session.log('it ran')\n"
    done = declare(body).nox("-s", "tests")
    assert done.returncode == 0, done.stdout
    assert "it ran" in done.stdout


def test_a_member_of_the_workspace_is_built_anew_too(project: Made) -> None:
    """uv would install the build that it has cached, whatever the member's files say by now."""
    project.write(
        "core/pyproject.toml",
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "core"\nversion = "1"\n'
        f'requires-python = ">={PYTHON}"\n',
    )
    project.write("core/src/core/__init__.py", "VALUE = 1\n")
    project.replace("pyproject.toml", "[dependency-groups]", 'dependencies = ["core"]\n\n[dependency-groups]')
    workspace = '\n[tool.uv.workspace]\nmembers = ["core"]\n\n[tool.uv.sources]\ncore = { workspace = true }\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + workspace)
    project.lock()
    project.write(
        "noxfile.py",
        "import evenfall\n@evenfall.session(groups=())\ndef a(session):\n"
        "    session.run('python', '-c', 'import core; print(\"value\", core.VALUE)')\n",
    )
    assert "value 1" in project.nox("-s", "a").stdout
    project.write("core/src/core/__init__.py", "VALUE = 2\n")
    assert "value 2" in project.nox("-s", "a").stdout


def test_a_session_on_any_python_3_promises_no_minor_version(declare: Declare) -> None:
    project = declare("@evenfall.session(python='3')\ndef a(session):\n    session.run('python', '-V')\n")
    done = project.nox("-s", "a")
    assert done.returncode == 0, done.stdout
    assert "Python 3." in done.stdout


def test_the_interpreter_that_a_mirror_gives_is_for_the_jobs_own_version(
    declare: Declare, bare: dict[str, str]
) -> None:
    """A session that another one notifies may run on another Python."""
    given = {**bare, "EVENFALL_PYTHON": f"{ABSENT[0]}=/nowhere/python"}
    done = declare(MATRIX).nox("-s", f"tests-{PYTHON}", env=given)
    assert done.returncode == 0, done.stdout
    right = {**bare, "EVENFALL_PYTHON": f"{ABSENT[1]}={sys.executable}"}
    done = declare(MATRIX).nox("-s", f"tests-{ABSENT[1]}", env=right)
    assert f"runs Python {PYTHON}, not {ABSENT[1]}" in done.stdout, "it was taken, and found to be another"

"""The errors of a real uv, and what Evenfall makes of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.uv import uv
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = []\n# ///\n'


@pytest.fixture
def made(tmp_path: Path) -> SampleProject:
    """A project and a script without requirements, both locked."""
    made = SampleProject(tmp_path)
    made.write("pyproject.toml", '[project]\nname = "lantern"\nversion = "1"\nrequires-python = ">=3.11"\n')
    made.write("task.py", HEADER)
    uv(made.root, "lock", "--quiet")
    uv(made.root, "lock", "--quiet", "--script", "task.py")
    return made


def check(made: SampleProject, *options: str) -> EvenfallError:
    with pytest.raises(EvenfallError) as caught:
        uv(made.root, "lock", "--check", "--offline", *options)
    return caught.value


def test_current_locks_are_no_error(made: SampleProject) -> None:
    assert uv(made.root, "lock", "--check", "--offline") == ""
    assert uv(made.root, "lock", "--check", "--offline", "--script", "task.py") == ""


def test_a_lock_that_is_out_of_date_is_an_error_with_the_command_that_updates_it(made: SampleProject) -> None:
    made.replace("pyproject.toml", 'version = "1"', 'version = "2"')
    made.replace("task.py", ">=3.11", ">=3.10")
    found = [check(made), check(made, "--script", "task.py")]
    assert [(error.exit_code, error.message, error.hint) for error in found] == [
        (Exit.USAGE, "uv.lock: out of date", "uv lock"),
        (Exit.USAGE, "task.py.lock: out of date", "uv lock --script task.py"),
    ]


def test_a_lock_with_conflict_markers_is_an_error_with_the_line_and_the_cause(made: SampleProject) -> None:
    made.write("uv.lock", "<<<<<<< HEAD\n" + made.read("uv.lock"))
    error = check(made)
    assert error.exit_code == Exit.USAGE
    assert error.message.startswith("uv.lock:1: a merge conflict is not resolved")
    assert "git checkout HEAD -- uv.lock" in error.hint


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "task.py: no script header (PEP 723)"),
        (HEADER.replace("[]", "["), "task.py: the script header is not valid TOML:\n"),
    ],
)
def test_an_invalid_script_header_is_an_error_that_names_the_script(
    made: SampleProject, header: str, message: str
) -> None:
    made.write("task.py", header)
    with pytest.raises(EvenfallError) as caught:
        uv(made.root, "export", "--quiet", "--locked", "--script", "task.py")
    assert caught.value.exit_code == Exit.USAGE
    assert caught.value.message.startswith(message)


def test_any_other_failure_is_inconclusive_with_uvs_message(made: SampleProject) -> None:
    (made.root / "pyproject.toml").unlink()
    error = check(made)
    assert (error.exit_code, "uv lock --check failed:\nerror: No `pyproject.toml` found" in error.message) == (
        Exit.UNKNOWN,
        True,
    )


def test_other_exit_codes_can_be_a_success(tmp_path: Path) -> None:
    command = ("run", "--no-project", "--python", sys.executable, "python", "-c", "print(1); raise SystemExit(7)")
    assert uv(tmp_path, *command, codes=(0, 7)) == "1\n"


def test_a_command_without_an_answer_in_time_is_inconclusive(tmp_path: Path) -> None:
    command = ("run", "--no-project", "--python", sys.executable, "python", "-c", "import time; time.sleep(2)")
    with pytest.raises(EvenfallError, match=r"^uv run --no-project: no answer within 0\.2 seconds") as caught:
        uv(tmp_path, *command, timeout=0.2)
    assert caught.value.exit_code == Exit.UNKNOWN

"""The result of a session is the one that CI would give, and a failure has Nox's reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.results import Failed, Inconclusive, Passed, Result, Skipped
from evenfall.run.session_result import (
    NoxSession,
    SessionEnd,
    failed_tests,
    last_nox_message,
    mentions_full_disk,
    read_nox_report,
    session_result,
)

SUCCESS = NoxSession("success")
FAILED = NoxSession("failed", "Command pytest failed with exit code 1")
SKIPPED = NoxSession("skipped", "there is no moon")

NO_TESTS = Failed("pytest found no tests (exit code 5)")


@pytest.mark.parametrize(
    ("code", "nox", "result"),
    [
        (0, SUCCESS, Passed()),
        (0, None, Passed()),
        (0, SKIPPED, Passed("it skipped itself: there is no moon")),
        (0, NoxSession("skipped", "inconclusive: short by 2 lines"), Inconclusive("short by 2 lines")),
        (0, NoxSession("skipped", "skipped: no Python 3.16"), Skipped("no Python 3.16")),
        (1, NoxSession("failed", "inconclusive: no network"), Inconclusive("no network")),
        (1, NoxSession("failed", "skipped: not a skip"), Failed("skipped: not a skip")),
        (1, FAILED, Failed("Command pytest failed with exit code 1")),
        (1, NoxSession("failed", "Command coverage run -m pytest -q failed with exit code 5"), NO_TESTS),
        (1, NoxSession("failed", "Command x failed with exit code 5"), Failed("Command x failed with exit code 5")),
        (1, NoxSession("failed", "failed: isort\n  next: nox -s lint"), Failed("failed: isort; next: nox -s lint")),
        (1, SKIPPED, Failed("there is no moon")),
        (1, SUCCESS, Failed("Nox ended with 1")),
        (137, None, Failed("Nox was ended by signal 9")),
    ],
)
def test_the_result_follows_from_the_exit_code_and_noxs_report(
    code: int, nox: NoxSession | None, result: Result
) -> None:
    assert session_result(SessionEnd(code=code, nox=nox)) == result


def test_a_failure_without_a_reason_has_noxs_last_message() -> None:
    end = SessionEnd(code=1, last_message="No module named nox")
    assert session_result(end) == Failed("No module named nox")
    blank = SessionEnd(code=1, nox=NoxSession("failed", " "), last_message="it failed")
    assert session_result(blank) == Failed("it failed")


def test_a_passed_session_with_an_artifact_problem_fails() -> None:
    assert session_result(SessionEnd(code=0, nox=SUCCESS, artifact_problem="no artifact")) == Failed("no artifact")
    failed = SessionEnd(code=1, nox=FAILED, artifact_problem="no artifact")
    assert session_result(failed) == Failed("Command pytest failed with exit code 1")


def test_a_session_that_reached_its_timeout_fails_even_if_it_passed() -> None:
    assert session_result(SessionEnd(code=0, nox=SUCCESS, timeout=5)) == Failed(
        "stopped after its timeout of 5 minutes"
    )


@pytest.mark.parametrize("report", ['{"sessions": []}', '{"sessions": 3}', "{", None])
def test_an_unreadable_report_has_no_session(tmp_path: Path, report: str | None) -> None:
    path = tmp_path / "report.json"
    if report is not None:
        path.write_text(report)
    assert read_nox_report(path) is None


def test_the_first_session_of_a_report_is_read(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"sessions": [{"result": "skipped", "reason": "no moon", "duration": 1}]}')
    assert read_nox_report(tmp_path / "report.json") == NoxSession("skipped", "no moon")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "nox > Command pytest failed with exit code 1\nnox > Session tests-3.12 failed.\n",
            "Command pytest failed with exit code 1",
        ),
        ("nox > Session tests-3.12(oil=1) (x) failed: no oil: none\n", "no oil: none"),
        ("nox > Session tests failed: no oil\n", "no oil"),
        ("nox > Error while collecting\n", "Error while collecting"),
        (
            "nox > Running session tests\nnox > Creating virtual environment (uv) in .nox/tests\nnox > # a comment\n"
            "nox > Ran multiple sessions:\nnox > Session tests failed.\n",
            "",
        ),
        ("Traceback (most recent call last):\n", ""),
        ("it says nox > nothing\n", ""),
        ("", ""),
        ("nox > too long ago\n" + "x" * 70000, ""),
        ("x" * 70000 + "\nnox > at the end\n", "at the end"),
    ],
)
def test_the_last_message_is_the_reason_of_the_failure(tmp_path: Path, text: str, message: str) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert last_nox_message(log) == message


def test_a_full_disk_is_recognized_at_the_end_of_the_output(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("x" * 70000 + "lamp: No space left on device\n")
    assert mentions_full_disk(log)
    log.write_text("lamp: No space left on device\n" + "x" * 70000)
    assert not mentions_full_disk(log)


def test_the_reason_names_the_failed_tests_instead_of_the_command(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("FAILED tests/a.py::b - assert 1 == 2\nERROR tests/c.py\nFAILED tests/a.py::b\n")
    names = failed_tests(log)
    assert names == ("tests/a.py::b", "tests/c.py")
    end = SessionEnd(code=1, last_message="Command coverage run -m pytest failed with exit code 1", failed_tests=names)
    assert session_result(end) == Failed("2 failed tests: tests/a.py::b, tests/c.py")
    end = SessionEnd(code=1, last_message="Command pytest failed with exit code 1", failed_tests=names[:1])
    assert session_result(end) == Failed("1 failed test: tests/a.py::b")


def test_a_long_command_is_shortened(tmp_path: Path) -> None:
    command = f"coverage run {'--option ' * 20}"
    end = SessionEnd(code=1, last_message=f"Command {command} failed with exit code 2")
    assert session_result(end) == Failed("coverage run … failed with exit code 2")

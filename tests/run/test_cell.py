"""The verdict of a cell, and why it failed, in Nox's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.run.cell import Report, judge, last_words
from evenfall.verdicts import Failed, NotMirrored, Passed, Undecided, Verdict

FINE = Report("success")
BROKEN = Report("failed", "Command pytest failed with exit code 1")
SKIPPED = Report("skipped", "there is no moon")


@pytest.mark.parametrize(
    ("code", "report", "verdict"),
    [
        (0, FINE, Passed()),
        (0, None, Passed()),
        (0, SKIPPED, Passed("it skipped itself: there is no moon")),
        (0, Report("skipped", "undecided: short by 2 lines"), Undecided("short by 2 lines")),
        (0, Report("skipped", "not mirrored: no Python 3.16"), NotMirrored("no Python 3.16")),
        (0, Report("success", "undecided: of no meaning here"), Passed()),
        (1, BROKEN, Failed("Command pytest failed with exit code 1")),
        (1, SKIPPED, Failed("there is no moon")),
        (1, FINE, Failed("Nox ended with 1")),
        (137, None, Failed("Nox was ended by signal 9")),
    ],
)
def test_a_verdict_is_what_ci_would_give(code: int, report: Report | None, verdict: Verdict) -> None:
    assert judge(code, report, ()) == verdict


def test_a_failure_that_nox_reports_without_a_reason_has_its_last_words() -> None:
    assert judge(1, None, (), why="No module named nox") == Failed("No module named nox")
    assert judge(1, Report("failed", " "), (), why="it failed") == Failed("it failed")


def test_a_session_that_leaves_not_all_that_it_declares_fails() -> None:
    assert judge(0, FINE, ("dist/", "a.txt")) == Failed("it declares dist/, a.txt and left nothing there")
    assert judge(1, BROKEN, ("dist/",)) == Failed("Command pytest failed with exit code 1")


def test_a_session_whose_time_is_over_failed_whatever_else_it_did() -> None:
    assert judge(0, FINE, (), minutes=5) == Failed("it was stopped after 5 minutes, its timeout")


@pytest.mark.parametrize(
    ("printed", "why"),
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
def test_the_last_words_are_those_that_say_why(tmp_path: Path, printed: str, why: str) -> None:
    log = tmp_path / "log"
    log.write_text(printed)
    assert last_words(log) == why

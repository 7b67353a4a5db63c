"""Outcomes as values."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from evenfall.report.outcome import Outcome
from evenfall.verdicts import Failed, NotMirrored, Passed, Unchanged, Undecided

PASSED = Outcome(name="lint", verdict=Passed(), seconds=1.25, preparing=0.5)
UNDECIDED = Outcome(name="coverage", verdict=Undecided("short by 2 lines"), seconds=0.5)
UNCHANGED = Outcome(name="build", verdict=Unchanged(datetime(2026, 3, 1, 12, 30, tzinfo=UTC)))
ON_WINDOWS = Outcome(name="tests @ windows-latest", verdict=NotMirrored("it runs on Windows"))


def failed(folder: Path, printed: str = "oh no\n", notes: tuple[str, ...] = ()) -> Outcome:
    """A cell that failed in two seconds, and what it printed."""
    path = folder / "0.log"
    path.write_text(printed, encoding="utf-8", newline="")
    return Outcome(name="tests-3.12", verdict=Failed("pytest failed"), seconds=2.0, printed=path, notes=notes)

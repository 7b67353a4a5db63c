"""JobResults as values."""

from __future__ import annotations

from pathlib import Path

from evenfall.report.job_result import JobResult
from evenfall.results import Failed, Inconclusive, Passed, Skipped

PASSED = JobResult(name="lint", result=Passed(), seconds=1.25, preparing=0.5)
UNDECIDED = JobResult(name="coverage", result=Inconclusive("short by 2 lines"), seconds=0.5)
ON_WINDOWS = JobResult(name="tests @ windows-latest", result=Skipped("it runs on Windows"))


def failed(folder: Path, printed: str = "oh no\n", notes: tuple[str, ...] = ()) -> JobResult:
    """A job that failed in two seconds, and what it printed."""
    path = folder / "0.log"
    path.write_text(printed, encoding="utf-8", newline="")
    return JobResult(name="tests-3.12", result=Failed("pytest failed"), seconds=2.0, printed=path, notes=notes)

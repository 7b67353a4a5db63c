"""Results of jobs, for tests."""

from __future__ import annotations

from pathlib import Path

from evenfall.results import Failed, Inconclusive, JobResult, Passed, Skipped

PASSED = JobResult(job="lint", result=Passed(), seconds=1.25, setup_seconds=0.5)
INCONCLUSIVE = JobResult(job="coverage", result=Inconclusive("short by 2 lines"), seconds=0.5)
SKIPPED = JobResult(job="tests @ windows-latest", result=Skipped("it runs on Windows"))


def failed(folder: Path, output: str = "oh no\n", notes: tuple[str, ...] = ()) -> JobResult:
    """Return the result of a job that failed after two seconds, with a log of its output."""
    log = folder / "0.log"
    log.write_text(output, encoding="utf-8", newline="")
    return JobResult(job="tests-3.12", result=Failed("pytest failed"), seconds=2.0, log=log, notes=notes)

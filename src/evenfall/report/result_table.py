"""The end of a run: a table of results, what was skipped and why, and one last line that says what to do."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence

from evenfall.report.job_result import JobResult
from evenfall.results import Failed, Inconclusive, Skipped
from evenfall.text import one_line


def table(job_results: Sequence[JobResult], *, wall: float) -> str:
    """Each job with its result and time; those skipped, a line a reason; how long it took (`wall`), and would have in sequence."""
    ran = [job_result for job_result in job_results if not isinstance(job_result.result, Skipped)]
    width = max((len(job_result.name) for job_result in ran), default=0)
    lines = [_row(job_result, width) for job_result in ran]
    skipped: dict[str, list[str]] = {}
    for job_result in job_results:
        if isinstance(job_result.result, Skipped):
            skipped.setdefault(job_result.reason, []).append(job_result.name)
    for reason, names in skipped.items():
        lines.append(f"skipped: {', '.join(names)}: {one_line(reason)}")
    together = sum(job_result.seconds + job_result.preparing for job_result in ran)
    preparing = sum(job_result.preparing for job_result in ran)
    lines.append(
        f"{len(ran)} jobs in {wall:.1f} s, {together:.1f} s in sequence ({preparing:.1f} s of it for sandboxes)"
        if ran
        else ""
    )
    return "".join(f"{line}\n" for line in lines if line)


def _row(job_result: JobResult, width: int) -> str:
    reason = f"  {one_line(job_result.reason)}" if job_result.reason else ""
    lasted = f"{job_result.seconds:7.1f} s" if job_result.seconds else " " * 9
    return f"{job_result.name:<{width}}  {job_result.word:<12} {lasted}{reason}"


def last_line(job_results: Sequence[JobResult], *, next_step: str) -> str:
    """What to do next: look into what failed; else `next_step`, where there is one."""
    if failed := [job_result for job_result in job_results if isinstance(job_result.result, Failed)]:
        return f"failed: {_names(failed)}{_log_of(failed)}"
    if unknown := [job_result for job_result in job_results if isinstance(job_result.result, Inconclusive)]:
        return f"inconclusive: {_names(unknown)}: CI may say no{_log_of(unknown)}"
    counted = Counter(job_result.word for job_result in job_results)
    said = ", ".join(f"{number} {word}" for word, number in counted.items()) or "no jobs"
    if not counted["passed"]:
        return f"{said}: nothing could run here"
    return f"{said}\n  next: {next_step}" if next_step else said


def _names(job_results: Sequence[JobResult]) -> str:
    return ", ".join(job_result.name for job_result in job_results)


def _log_of(job_results: Sequence[JobResult]) -> str:
    """The command that shows what the first of them printed, where one did."""
    printed = [job_result.name for job_result in job_results if job_result.printed]
    return f"\n  next: evenfall run --log {shlex.quote(printed[0])}" if printed else ""

"""The end of a run: a table of results, the skipped jobs with their reasons, and the next command."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence

from evenfall.report.screen import NOT_STARTED, is_not_started
from evenfall.results import Failed, Inconclusive, JobResult, Skipped
from evenfall.text import one_line, plural


def result_table(results: Sequence[JobResult], *, wall: float) -> str:
    """Return a row for each job that ran, a line for each reason to skip jobs, and the total duration.

    `wall` is the duration of the run in seconds; the last line compares it with the sum of the jobs' durations.
    """
    rows = result_rows(results)
    if ran := [result for result in results if result.seconds]:
        setup = sum(result.setup_seconds for result in ran)
        total = sum(result.seconds for result in ran) + setup
        rows += f"{plural(len(ran), 'job')} in {wall:.1f} s, {total:.1f} s in sequence ({setup:.1f} s of it for sandboxes)\n"
    return rows


def result_rows(results: Sequence[JobResult]) -> str:
    """Return a row for each job or step that ran, and a line for each reason to skip some."""
    ran = [result for result in results if not isinstance(result.result, Skipped) and not is_not_started(result)]
    width = max((len(result.job) for result in ran), default=0)
    lines = [_row(result, width) for result in ran]
    skipped: dict[str, list[str]] = {}
    for result in results:
        if isinstance(result.result, Skipped):
            skipped.setdefault(result.reason, []).append(result.job)
    lines += [f"skipped: {', '.join(jobs)}: {one_line(reason)}" for reason, jobs in skipped.items()]
    if waiting := [result.job for result in results if is_not_started(result)]:
        lines.append(NOT_STARTED.replace(":", f": {', '.join(waiting)}:"))
    return "".join(f"{line}\n" for line in lines)


def _row(result: JobResult, width: int) -> str:
    reason = f"  {one_line(result.reason)}" if result.reason else ""
    duration = f"{result.seconds:7.1f} s" if result.seconds else " " * 9
    return f"{result.job:<{width}}  {result.word:<12} {duration}{reason}"


def last_line(results: Sequence[JobResult], *, next_step: str) -> str:
    """Return the jobs that failed, or are inconclusive, and a command that shows why; else the totals and `next_step`."""
    if failed := [result for result in results if isinstance(result.result, Failed)]:
        return f"failed: {_jobs(failed)}{_next_command(failed)}"
    if inconclusive := [result for result in results if isinstance(result.result, Inconclusive)]:
        return f"inconclusive: {_jobs(inconclusive)}: CI may fail{_log_command(inconclusive)}"
    count = Counter(result.word for result in results)
    totals = ", ".join(f"{number} {word}" for word, number in count.items()) or "no jobs"
    if not count["passed"]:
        return f"{totals}: no job can run on this machine"
    return f"{totals}\n  next: {next_step}" if next_step else totals


def _jobs(results: Sequence[JobResult]) -> str:
    return ", ".join(result.job for result in results)


def _log_command(results: Sequence[JobResult]) -> str:
    """Return the command that shows the output of the first job that has any."""
    logged = [result.job for result in results if result.log]
    return f"\n  next: evenfall run --log {shlex.quote(logged[0])}" if logged else ""


def _next_command(results: Sequence[JobResult]) -> str:
    """Return the command that runs the failed jobs in the work tree. Those whose causes are known would pass there."""
    unexplained = [result for result in results if not result.causes]
    program = "nox -s" if unexplained else "correct this, then: evenfall run"
    jobs = dict.fromkeys(result.job.partition(" @ ")[0] for result in unexplained or results)
    return f"\n  next: {program} {' '.join(map(shlex.quote, jobs))}"

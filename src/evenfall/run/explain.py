"""After a run, the failures that no output explains: which difference between this machine and CI makes a job pass."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from evenfall.errors import EvenfallError
from evenfall.report.screen import Screen
from evenfall.results import Failed, JobResult
from evenfall.run import landlock
from evenfall.run.diagnosis.experiments import Condition, conditions, machine_conditions, prove
from evenfall.run.job import RunContext, passes_with, users_environment
from evenfall.run.planner import PlannedJob
from evenfall.run.services import names_of

LONGEST_JOB = 30.0
"""Seconds. A job that takes longer is not run again to find a cause."""

MOST_SECONDS = 60.0
"""How long a cause is searched for, in all jobs of a run together."""


def explain_failures(context: RunContext, results: Sequence[JobResult], screen: Screen) -> tuple[JobResult, ...]:
    """Return the results, with the proven cause of each failure that has none yet. Only one job of each session is run again."""
    deadline = time.monotonic() + MOST_SECONDS
    jobs = {job.name: job for job in context.plan.jobs}
    seen: set[str] = set()
    explained = []
    for result in results:
        planned = jobs[result.job]
        if isinstance(result.result, Failed) and planned.session.name not in seen:
            seen.add(planned.session.name)
            result = _explained(result, planned, context, screen, deadline)
        explained.append(result)
    return tuple(explained)


def _explained(
    result: JobResult, planned: PlannedJob, context: RunContext, screen: Screen, deadline: float
) -> JobResult:
    if result.causes or result.log is None or result.seconds > LONGEST_JOB:
        return result
    screen.note(f"{result.job}: running it again with the time zone, the locale, the variables … of this machine")
    numbers = itertools.count()

    def passes(changes: Sequence[Condition]) -> bool:
        left = deadline - time.monotonic()
        name = f"{planned.session.name}-again-{next(numbers)}"
        return left > 0 and passes_with(planned, name, context, changes, seconds=min(left, 2 * result.seconds + 5))

    try:
        proven = prove(tuple(_conditions(planned, context)), passes)
        if proven and passes(()):
            screen.note(f"{result.job}: it passes when it runs again unchanged, so its result is not reliable")
            return result
    except (EvenfallError, OSError) as error:
        screen.note(f"{result.job}: the cause could not be searched for: {error}")
        return result
    causes = tuple(condition.cause for condition in proven)
    for cause in causes:
        screen.note(f"{result.job}: {cause}")
    if not causes:
        screen.note(f"{result.job}: it fails with them, too")
    return replace(result, causes=causes)


def _conditions(planned: PlannedJob, context: RunContext) -> Iterator[Condition]:
    yield from conditions(context.snapshot.repository, users_environment(planned, context))
    if context.services.closed:
        services = f"CI has no service of your machine ({names_of(context.services.closed)})"
        yield Condition(cause=services, services=True)
    yield from machine_conditions(context.isolation.kind, has_landlock=landlock.is_supported())

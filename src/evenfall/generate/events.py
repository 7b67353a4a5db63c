"""The GitHub events that start a workflow, and those that start one of its jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evenfall.errors import EvenfallError
from evenfall.generate.yaml import inline
from evenfall.pipeline.gates import AUTO_MERGE, CHECK_WORKFLOWS
from evenfall.pipeline.model import NOXFILE
from evenfall.project.settings import Settings
from evenfall.text import did_you_mean

DAILY = "0 2 * * *"
"""The daily run of `security`: 02:00 UTC (POSIX cron)."""
WEEKLY = "0 3 * * 1"
"""The run of `security` on Mondays for weekly jobs. It is an hour after the daily run, so that the two schedules differ."""
RELEASE_WORKFLOW = "cd"
"""The workflow that a release starts."""

_CONDITIONS = {
    "weekly": f"github.event.schedule == '{WEEKLY}'",
    "manual": "(github.event_name == 'workflow_dispatch' && github.ref_name == github.event.repository.default_branch)",
}
"""The conditions for the events that only Evenfall has. `github.event.schedule` is the cron line that started the run."""
_ALIASES = {"weekly": "schedule", "manual": "workflow_dispatch"}
"""GitHub's name of each event that only Evenfall has."""

Events = Mapping[str, tuple[str, ...]]
"""The events that start each job; an empty tuple means all events of the workflow."""


def triggers(workflow: str, settings: Settings, events: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """Return the value of `on:`. `events` are those of the jobs.

    `ci` and `security` run on every event that can change the default branch, and `security` runs daily, too. `cd` runs when a GitHub
    release is published or, if the settings say so, when the tag of a version is pushed. These three can be started
    manually. `auto-merge` runs only on pull requests.
    """
    if workflow == AUTO_MERGE:
        return {"pull_request": None}
    return {**_automatic_triggers(workflow, settings, events), "workflow_dispatch": None}


def _automatic_triggers(workflow: str, settings: Settings, events: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    if workflow == RELEASE_WORKFLOW:
        if settings.release.trigger == "tag":
            return {"push": {"tags": inline(("v*",))}}
        return {"release": {"types": inline(("published",))}}
    if workflow not in CHECK_WORKFLOWS:
        return {}
    crons = (DAILY, *(WEEKLY for of_job in events if "weekly" in of_job))
    schedule = {"schedule": [{"cron": cron} for cron in dict.fromkeys(crons)]} if workflow == "security" else {}
    return {
        "push": {"branches": inline((settings.default_branch,))},
        "pull_request": None,
        "merge_group": None,
        **schedule,
    }


def condition(events: tuple[str, ...]) -> dict[str, str]:
    """Return the key `if` of a job, or nothing if every event of the workflow starts it.

    The job still waits for the success of those that it needs, because the condition calls no status function:
    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
    """
    conditions = (_CONDITIONS.get(event, f"github.event_name == '{event}'") for event in events)
    return {"if": " || ".join(conditions)} if events else {}


def check_events(workflow: str, events: Events, on: Iterable[str]) -> None:
    """Raise `EvenfallError` (usage) for an event that never starts the workflow.

    The job would always be skipped, and the gate permits that.
    """
    known = [*on, *(name for name, alias in _ALIASES.items() if alias in on)]
    for job, of_job in events.items():
        for event in of_job:
            if event not in known:
                raise EvenfallError(
                    f"{NOXFILE}: job {job!r}: workflow {workflow!r} does not run on {event!r}{did_you_mean(event, known)}",
                    hint=f"correct events= of {job}",
                )


def check_required_events(events: Events, needs: Events, on: Iterable[str]) -> None:
    """Raise `EvenfallError` (usage) for a job that starts on an event on which a job that it needs is skipped.

    GitHub would skip it too. `needs` are the jobs that each job needs.
    """
    for job, needed in needs.items():
        for other in needed:
            for event in events[job] or on if events[other] else ():
                if not {event, _ALIASES.get(event)} & {*events[other]}:
                    raise EvenfallError(
                        f"{NOXFILE}: job {job!r} runs on {event!r} and requires {other!r}, which does not",
                        hint=f"correct events= of {job}; those of {other} are {', '.join(events[other])}",
                    )

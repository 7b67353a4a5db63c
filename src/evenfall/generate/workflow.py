"""`.github/workflows/NAME.yml`: a job is checkout, the locked Nox, one line of `nox`, and artifacts. No other logic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from evenfall.errors import EvenfallError
from evenfall.generate.pins import Pin
from evenfall.generate.yaml import dump, inline, uses
from evenfall.pipeline import artifacts
from evenfall.pipeline.model import NOXFILE, HostedJob, Pipeline, Session
from evenfall.project.settings import Settings
from evenfall.text import did_you_mean

GATE = "all-checks-pass"
DAILY = "0 2 * * *"
"""When `security` runs without being asked: at 02:00 UTC (POSIX cron)."""
WEEKLY = "0 3 * * 1"
"""When it runs once more, on Mondays, for the jobs that want to run once a week: an hour later, so that they can tell."""
CHECKING = ("ci", "security")
"""Workflows that look at each change and change nothing themselves."""
_WRITTEN = {"ci": "CI", "cd": "CD"}

_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_.-]+")


def gate_name(workflow: str) -> str:
    """The name of a workflow's gate, which is what branch protection requires: `All CI checks pass`."""
    return f"All {_WRITTEN.get(workflow, workflow)} checks pass"


# Of a group's waiting runs GitHub drops all but the last. What looks at a push shares none; what changes the world does.
_ON_ITS_OWN = "${{ github.workflow }}-${{ github.event_name == 'pull_request' && github.ref || github.run_id }}"
_ONE_AFTER_ANOTHER = "${{ github.workflow }}-${{ github.ref }}"


def workflow_text(pipeline: Pipeline, workflow: str, settings: Settings, pins: Mapping[str, Pin]) -> str:
    """The text of a workflow. Raises `EvenfallError` (usage) where its jobs could not stand in one workflow."""
    sessions = pipeline.in_workflow(workflow)
    hosted = tuple(job for job in pipeline.hosted_jobs if job.workflow == workflow)
    _check_one_workflow(pipeline, workflow, sessions, hosted)
    triggers = _triggers(workflow, settings, hosted)
    for job in hosted:
        _check_events(job, triggers)
    jobs: dict[str, Any] = {session.name: _job(session, pipeline, settings, pins) for session in sessions}
    jobs |= {job.name: _hosted(job, pins) for job in hosted}
    jobs[GATE] = _gate(workflow, sessions, hosted)
    return dump(
        {
            "name": _WRITTEN.get(workflow, workflow),
            "on": triggers,
            "concurrency": {
                "group": _ON_ITS_OWN if workflow in CHECKING else _ONE_AFTER_ANOTHER,
                "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
            },
            "permissions": {},
            "env": {"NOX_SCRIPT_MODE": "none"},
            "jobs": jobs,
        }
    )


def _triggers(workflow: str, settings: Settings, hosted: Iterable[HostedJob]) -> dict[str, Any]:
    """`ci` runs on all that can reach the default branch; `security` also every day; any other workflow by hand."""
    if workflow not in CHECKING:
        return {"workflow_dispatch": None}
    crons = (DAILY, *(WEEKLY for job in hosted if "weekly" in job.events))
    schedule = {"schedule": [{"cron": cron} for cron in dict.fromkeys(crons)]} if workflow == "security" else {}
    return {
        "push": {"branches": inline((settings.default_branch,))},
        "pull_request": None,
        "merge_group": None,
        **schedule,
        "workflow_dispatch": None,
    }


def _job(session: Session, pipeline: Pipeline, settings: Settings, pins: Mapping[str, Pin]) -> dict[str, Any]:
    facts = session.facts
    jobs = tuple(job.name for job in session.jobs)
    several = session.is_matrix
    name = "${{ matrix.job }}" if several else jobs[0]
    system = "${{ matrix.system }}" if several else facts.systems[0]
    codecov = settings.coverage.codecov if session.name == "coverage" else "off"
    permissions = {
        "contents": "read",
        **dict(facts.permissions),
        **({"id-token": "write"} if codecov == "oidc" else {}),
    }
    job: dict[str, Any] = {"name": session.job_name(name, system)}
    if needs := pipeline.needs(session):
        job["needs"] = inline(tuple(needed.name for needed in needs))
    job |= {"runs-on": system, "timeout-minutes": facts.timeout, "permissions": permissions}
    if facts.environment:
        job["environment"] = facts.environment
    if several:
        job["strategy"] = {"fail-fast": False, "matrix": {"job": list(jobs), "system": list(facts.systems)}}
    history = {"fetch-depth": 0} if facts.history else {}
    run: dict[str, Any] = {"name": "Run the session", "run": f"nox --no-dependencies -s {_word(name)}"}
    run["env"] = {"EVENFALL_SYSTEM": system, **{secret: f"${{{{ secrets.{secret} }}}}" for secret in facts.secrets}}
    job["steps"] = [
        uses("actions/checkout", pins, {"persist-credentials": False, **history}),
        *_taken(session, pipeline, pins),
        {"name": "Set up the locked Nox", "uses": "./.github/actions/nox", "with": {"job": _cache(session, name)}},
        run,
        *_left(session, name, system, pins),
        *(_codecov(codecov, pins) if codecov != "off" else ()),
    ]
    return job


def _word(job: str) -> str:
    """A job's name, or the expression that stands for one, as one word of a shell's line.

    Between double quotes, all that `evenfall.pipeline.names` lets a job be called is only itself, in bash and in PowerShell.
    """
    return job if _NEEDS_NO_QUOTES.fullmatch(job) else f'"{job}"'


def _cache(session: Session, job: str) -> str:
    """What keeps the caches of jobs apart; GitHub refuses a comma in the key of a cache, and two parameters bring one."""
    return session.name if any("," in each.name for each in session.jobs) else job


def _taken(session: Session, pipeline: Pipeline, pins: Mapping[str, Pin]) -> list[Any]:
    """A step for each artifact of the sessions that this one requires."""
    return [
        uses(
            "actions/download-artifact",
            pins,
            {"pattern": f"{artifact.name}.*", "path": artifact.folder, "merge-multiple": True},
        )
        for artifact in artifacts.taken(session, pipeline)
    ]


def _left(session: Session, job: str, system: str, pins: Mapping[str, Pin]) -> list[Any]:
    """A step for each artifact, so that each keeps its folder; one that was declared and is not there is an error.

    What a failed session left is wanted too: it says why. A second attempt takes the place of the first.
    """
    steps = [
        uses(
            "actions/upload-artifact",
            pins,
            {
                "name": artifact.named(job, system),
                "path": artifact.path,
                "if-no-files-found": "${{ job.status == 'success' && 'error' || 'ignore' }}",
                "include-hidden-files": True,
                "overwrite": True,
                "retention-days": 7,
            },
        )
        for artifact in artifacts.left(session)
    ]
    for step in steps:
        step.insert(0, "if", "success() || failure()")
    return steps


def _codecov(how: str, pins: Mapping[str, Pin]) -> list[Any]:
    proof = {"use_oidc": True} if how == "oidc" else {"token": "${{ secrets.CODECOV_TOKEN }}"}
    inputs = {"files": "coverage-report/coverage.xml", "disable_search": True, "fail_ci_if_error": True, **proof}
    return [uses("codecov/codecov-action", pins, inputs)]


def _hosted(job: HostedJob, pins: Mapping[str, Pin]) -> dict[str, Any]:
    steps = [uses(step.uses, pins, dict(step.inputs)) for step in job.steps]
    condition = {"if": " || ".join(map(_is_event, job.events))} if job.events else {}
    history = {"fetch-depth": 0} if job.history else {}
    return {
        "name": job.name,
        **condition,
        "runs-on": "ubuntu-latest",
        "timeout-minutes": job.timeout,
        "permissions": {"contents": "read", **dict(job.permissions)},
        "steps": [uses("actions/checkout", pins, {"persist-credentials": False, **history}), *steps],
    }


def _is_event(event: str) -> str:
    """GitHub names the line of the schedule that started a run in the event itself."""
    return _OWN_EVENTS.get(event, f"github.event_name == '{event}'")


_OWN_EVENTS = {
    "weekly": f"github.event.schedule == '{WEEKLY}'",
    "manual": "(github.event_name == 'workflow_dispatch' && github.ref_name == github.event.repository.default_branch)",
}
"""Conditions of events that are no name of GitHub's."""


def _gate(workflow: str, sessions: tuple[Session, ...], hosted: tuple[HostedJob, ...]) -> dict[str, Any]:
    """The one job that branch protection requires: it fails unless every job succeeded, or was skipped with permission."""
    needed = (*(session.name for session in sessions), *(job.name for job in hosted))
    wrong = [f"needs.{session.name}.result != 'success'" for session in sessions]
    for job in hosted:
        failed = f"needs.{job.name}.result != 'success'"
        wrong.append(f"({failed} && needs.{job.name}.result != 'skipped')" if job.events else failed)
    return {
        "name": gate_name(workflow),
        "if": "always()",
        "needs": inline(needed),
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 5,
        "permissions": {},
        "steps": [
            {
                "name": "Fail where a job failed, was cancelled or was skipped",
                "if": " || ".join(wrong),
                "env": {"RESULTS": "${{ toJSON(needs) }}"},
                "run": 'echo "$RESULTS"; exit 1',
            }
        ],
    }


def _check_one_workflow(
    pipeline: Pipeline, workflow: str, sessions: tuple[Session, ...], hosted: tuple[HostedJob, ...]
) -> None:
    """What a session requires must be a job of the same workflow, and each job needs a name of its own."""
    for session in sessions:
        for name in session.requires:
            _check_required(pipeline.by_name.get(name), name, session, workflow)
    names = [*(session.name for session in sessions), *(job.name for job in hosted), GATE]
    check_distinct(names, f"jobs of workflow {workflow!r}")


def _check_events(job: HostedJob, triggers: Mapping[str, Any]) -> None:
    """An event that never starts the workflow would leave the job skipped for ever, which the gate permits."""
    own = {"weekly": "schedule", "manual": "workflow_dispatch"}
    known = [*triggers, *(name for name, trigger in own.items() if trigger in triggers)]
    for event in job.events:
        if event not in known:
            raise EvenfallError(
                f"{NOXFILE}: hosted job {job.name!r}: workflow {job.workflow!r} does not run on {event!r}{did_you_mean(event, known)}",
                hint=f"correct events= of {job.name}",
            )


def _check_required(needed: Session | None, name: str, session: Session, workflow: str) -> None:
    if needed is None:
        raise EvenfallError(
            f"{NOXFILE}: session {session.name!r} runs in CI and requires {name!r}, which is local only",
            hint=f"declare {name} with evenfall.session",
        )
    if workflow not in needed.facts.workflows:
        raise EvenfallError(
            f"{NOXFILE}: session {session.name!r} of workflow {workflow!r} requires {needed.name!r}, which is not in it",
            hint=f"give {needed.name} workflow=({', '.join(map(repr, (*needed.facts.workflows, workflow)))})",
        )


def check_distinct(names: Iterable[str], what: str) -> None:
    """Raises `EvenfallError` (usage) where two names are the same to GitHub, which does not tell capital letters from small ones."""
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            raise EvenfallError(
                f"{NOXFILE}: two {what} are named {seen[name.lower()]!r} and {name!r}", hint="rename one of them"
            )
        seen[name.lower()] = name

"""`.github/workflows/NAME.yml`: each job checks out, installs the locked Nox, runs one line of `nox` and transfers artifacts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from evenfall.errors import EvenfallError
from evenfall.generate.events import check_events, check_required_events, condition, triggers
from evenfall.generate.pins import Pin
from evenfall.generate.yaml import dump, inline, uses
from evenfall.pipeline.gates import CHECK_WORKFLOWS, gate_name, title
from evenfall.pipeline.model import NOXFILE, SYSTEM, HostedJob, Pipeline, Session
from evenfall.pipeline.script_environment import SCRIPT_MODE
from evenfall.project.settings import Settings

GATE = "all-checks-pass"
ARTIFACT_DAYS = 7
"""The number of days for which GitHub keeps the artifacts of a run."""

# Of the runs that wait in one concurrency group, GitHub keeps only the last. A check of a push must therefore not share a group.
_PARALLEL: Mapping[str, Any] = {
    "group": "${{ github.workflow }}-${{ github.event_name == 'pull_request' && github.ref || github.run_id }}",
    "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
}
_ONE_AT_A_TIME: Mapping[str, Any] = {"group": "${{ github.workflow }}-${{ github.ref }}", "cancel-in-progress": False}

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_.-]+")


def workflow_text(pipeline: Pipeline, workflow: str, settings: Settings, pins: Mapping[str, Pin]) -> str:
    """Return the text of a workflow. Raises `EvenfallError` (usage) if its jobs can't be expressed in one workflow."""
    sessions = pipeline.in_workflow(workflow)
    hosted = tuple(job for job in pipeline.hosted_jobs if job.workflow == workflow)
    _check_jobs(pipeline, workflow, sessions, hosted)
    events = {session.name: session.facts.events for session in sessions} | {job.name: job.events for job in hosted}
    on = triggers(workflow, settings, events.values())
    check_events(workflow, events, on)
    needs = {session.name: tuple(needed.name for needed in pipeline.needs(session)) for session in sessions}
    check_required_events(events, needs, on)
    cached = workflow in CHECK_WORKFLOWS
    jobs: dict[str, Any] = {
        session.name: session_job(session, pipeline, settings, pins, cached=cached) for session in sessions
    }
    jobs |= {job.name: _hosted_job(job, pins) for job in hosted}
    jobs[GATE] = _gate(gate_name(workflow, pipeline), events)
    return dump(
        {
            "name": title(workflow, pipeline),
            "on": on,
            "concurrency": _PARALLEL if workflow in CHECK_WORKFLOWS else _ONE_AT_A_TIME,
            "permissions": {},
            "env": {SCRIPT_MODE: "none"},
            "jobs": jobs,
        }
    )


def session_job(
    session: Session, pipeline: Pipeline, settings: Settings, pins: Mapping[str, Pin], *, cached: bool
) -> dict[str, Any]:
    """Return the job of a session, of which the first step is the checkout. With `cached`, uv's cache is restored and saved."""
    facts = session.facts
    names = tuple(job.name for job in session.jobs)
    name = "${{ matrix.job }}" if session.is_matrix else names[0]
    system = "${{ matrix.system }}" if session.is_matrix else facts.systems[0]
    codecov = _codecov(session, settings)
    permissions = session_permissions(session, settings)
    job: dict[str, Any] = {"name": session.job_name(name, system)}
    if needs := pipeline.needs(session):
        job["needs"] = inline(tuple(needed.name for needed in needs))
    job |= condition(facts.events)
    job |= {"runs-on": system, "timeout-minutes": facts.timeout, "permissions": permissions}
    if facts.environment:
        job["environment"] = facts.environment
    if session.is_matrix:
        job["strategy"] = {"fail-fast": False, "matrix": {"job": list(names), "system": list(facts.systems)}}
    run: dict[str, Any] = {"name": "Run the session", "run": f"nox --no-dependencies -s {_shell_word(name)}"}
    run["env"] = {SYSTEM: system, **{secret: f"${{{{ secrets.{secret} }}}}" for secret in facts.secrets}}
    setup = {"job": _cache_key(session, name), **({} if cached else {"cache": False})}
    job["steps"] = [
        _checkout(history=bool(facts.history), pins=pins),
        *_download_steps(session, pipeline, pins),
        {"name": "Set up the locked Nox", "uses": f"./{pipeline.nox_action}", "with": setup},
        run,
        *_upload_steps(session, name, system, pins),
        *(_codecov_steps(codecov, pins) if codecov != "off" else ()),
    ]
    return job


def session_permissions(session: Session, settings: Settings) -> dict[str, str]:
    """Return the permissions of the token in the jobs of a session."""
    codecov = {"id-token": "write"} if _codecov(session, settings) == "oidc" else {}
    return {"contents": "read", **dict(session.facts.permissions), **codecov}


def _codecov(session: Session, settings: Settings) -> str:
    return settings.coverage.codecov if session.name == "coverage" else "off"


def _checkout(*, history: bool, pins: Mapping[str, Pin]) -> Mapping[str, Any]:
    depth = {"fetch-depth": 0} if history else {}
    return uses("actions/checkout", pins, {"persist-credentials": False, **depth})


def _shell_word(job: str) -> str:
    """Return a job's name, or the expression that GitHub replaces by it, as one word of a shell command.

    `evenfall.pipeline.names` permits only names that bash and PowerShell take literally between double quotes.
    """
    return job if _PLAIN_WORD.fullmatch(job) else f'"{job}"'


def _cache_key(session: Session, job: str) -> str:
    """Return the name of a job's cache.

    GitHub rejects a comma in a key, and the name of a job with two parameters has one. Then all jobs of the session share a cache.
    """
    return session.name if any("," in sibling.name for sibling in session.jobs) else job


def _download_steps(session: Session, pipeline: Pipeline, pins: Mapping[str, Pin]) -> list[Any]:
    """Return a step for each artifact of the sessions that this session requires."""
    return [
        uses(
            "actions/download-artifact",
            pins,
            {"pattern": f"{artifact.prefix}.*", "path": artifact.folder, "merge-multiple": True},
        )
        for artifact in pipeline.required_artifacts(session)
    ]


def _upload_steps(session: Session, job: str, system: str, pins: Mapping[str, Pin]) -> list[Any]:
    """Return a step for each declared artifact, so that each keeps its folder; a missing artifact is an error.

    A failed session's artifacts are uploaded too, because they show the reason. A second attempt replaces those of the first.
    """
    steps = []
    for artifact in session.artifacts:
        inputs = {
            "name": artifact.stored_name(job, system),
            "path": artifact.path,
            "if-no-files-found": "${{ job.status == 'success' && 'error' || 'ignore' }}",
            "include-hidden-files": True,
            "overwrite": True,
            "retention-days": ARTIFACT_DAYS,
        }
        step = uses("actions/upload-artifact", pins, inputs)
        step.insert(0, "if", "success() || failure()")
        steps.append(step)
    return steps


def _codecov_steps(authentication: str, pins: Mapping[str, Pin]) -> list[Any]:
    credential = {"use_oidc": True} if authentication == "oidc" else {"token": "${{ secrets.CODECOV_TOKEN }}"}
    inputs = {"files": "coverage-report/coverage.xml", "disable_search": True, "fail_ci_if_error": True, **credential}
    return [uses("codecov/codecov-action", pins, inputs)]


def _hosted_job(job: HostedJob, pins: Mapping[str, Pin]) -> dict[str, Any]:
    steps = [uses(step.uses, pins, dict(step.inputs)) for step in job.steps]
    return {
        "name": job.name,
        **condition(job.events),
        "runs-on": "ubuntu-latest",
        "timeout-minutes": job.timeout,
        "permissions": {"contents": "read", **dict(job.permissions)},
        "steps": [_checkout(history=job.history, pins=pins), *steps],
    }


def _gate(name: str, events: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return the job that branch protection requires.

    It fails unless every job succeeded; only a job that does not run on every event may be skipped.
    """
    failures = []
    for job, of_job in events.items():
        failure = f"needs.{job}.result != 'success'"
        failures.append(f"({failure} && needs.{job}.result != 'skipped')" if of_job else failure)
    return {
        "name": name,
        "if": "always()",
        "needs": inline(tuple(events)),
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 5,
        "permissions": {},
        "steps": [
            {
                "name": "Fail if a job failed, was cancelled or was skipped",
                "if": " || ".join(failures),
                "env": {"RESULTS": "${{ toJSON(needs) }}"},
                "run": 'echo "$RESULTS"; exit 1',
            }
        ],
    }


def _check_jobs(
    pipeline: Pipeline, workflow: str, sessions: tuple[Session, ...], hosted: tuple[HostedJob, ...]
) -> None:
    """Check that required sessions are in the same workflow, and that no two jobs have the same name."""
    for session in sessions:
        for name in session.requires:
            _check_required(pipeline.by_name.get(name), name, session, workflow)
    names = [*(session.name for session in sessions), *(job.name for job in hosted), GATE]
    check_unique(names, f"jobs of workflow {workflow!r}")


def _check_required(required: Session | None, name: str, session: Session, workflow: str) -> None:
    if required is None:
        raise EvenfallError(
            f"{NOXFILE}: session {session.name!r} runs in CI and requires {name!r}, which is local only",
            hint=f"declare {name} with evenfall.session",
        )
    if workflow not in required.facts.workflows:
        raise EvenfallError(
            f"{NOXFILE}: session {session.name!r} of workflow {workflow!r} requires {required.name!r}, which is not in it",
            hint=f"give {required.name} workflow=({', '.join(map(repr, (*required.facts.workflows, workflow)))})",
        )


def check_unique(names: Iterable[str], kind: str) -> None:
    """Raise `EvenfallError` (usage) if two names differ at most in case, which GitHub ignores."""
    by_lower: dict[str, str] = {}
    for name in names:
        if (other := by_lower.get(name.lower())) is not None:
            raise EvenfallError(f"{NOXFILE}: two {kind} are named {other!r} and {name!r}", hint="rename one of them")
        by_lower[name.lower()] = name

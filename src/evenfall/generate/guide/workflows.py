"""The overview, and what each workflow runs: events, jobs, matrix, timeouts, permissions, artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evenfall.generate.events import WEEKLY, triggers
from evenfall.generate.guide.markdown import bullets, code, codes, console, labeled, paragraphs, prose
from evenfall.generate.guide.source import GuideSource
from evenfall.generate.workflow import ARTIFACT_DAYS, session_permissions
from evenfall.pipeline.gates import AUTO_MERGE, CHECK_WORKFLOWS, WORKFLOWS, gate_name, required_checks
from evenfall.pipeline.model import NOXFILE, HostedJob, Session
from evenfall.text import plural

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_EVENTS = {
    "pull_request": "a pull request",
    "merge_group": "the merge queue",
    "workflow_dispatch": "a manual run",
    "release": "a published GitHub release",
    "manual": "a manual run on the default branch",
}


def overview(source: GuideSource) -> str:
    """Return the text of the section "Overview"."""
    except_hosted = ", except the jobs that only GitHub can run" if source.pipeline.hosted_jobs else ""
    lines = (
        f"{_job_count(source, workflow)} on {', '.join(_triggers(source, workflow))}" for workflow in _workflows(source)
    )
    return paragraphs(
        f"{code(NOXFILE)} declares every check of this project. `evenfall generate` writes the workflows and this guide from it, and "
        f"from the settings in `pyproject.toml`. Each job of GitHub Actions is a session of Nox, and runs on your machine, "
        f"too{except_hosted}:",
        console(("nox -s NAME", "evenfall run NAME")),
        "The first command runs a session in your checkout. The second one runs its jobs as CI does: in a sandbox, on the tracked files "
        "alone. Without a name, it runs the whole workflow CI.",
        bullets(
            f"**{prose(source.title(workflow))}**: {line}"
            for workflow, line in zip(_workflows(source), lines, strict=True)
        )
        + f"- **Automation**: {_automation(source)}",
    )


def _automation(source: GuideSource) -> str:
    if source.has_own_automation:
        return "see [Dependency automation](#dependency-automation)"
    return (
        f"updates by Dependabot, and {'auto-merge of the safe ones' if source.github.auto_merge else 'no auto-merge'}"
    )


def workflows(source: GuideSource) -> str:
    """Return the text of the section "CI/CD architecture"."""
    return paragraphs(
        *(_workflow(source, workflow) for workflow in _workflows(source)),
        _HOW_JOBS_RUN.format(days=ARTIFACT_DAYS),
    )


def _workflows(source: GuideSource) -> tuple[str, ...]:
    """Return the workflows except that which merges updates: the section "Dependency automation" describes it."""
    return tuple(workflow for workflow in source.workflows if workflow != AUTO_MERGE)


def _workflow(source: GuideSource, workflow: str) -> str:
    sessions = (_session(source, session, workflow) for session in source.pipeline.in_workflow(workflow))
    hosted = (_hosted_job(source, job) for job in _hosted(source, workflow))
    required = (
        " The rules of the default branch require it."
        if gate_name(workflow, source.pipeline) in required_checks(source.pipeline)
        else ""
    )
    gate = f"**{gate_name(workflow, source.pipeline)}**: the gate. It passes only if all jobs that run on the event have passed.{required}"
    if workflow in CHECK_WORKFLOWS:
        concurrency = "A new commit on a pull request cancels the run of the one before it."
    else:
        concurrency = "One run at a time for each branch or tag; a run that has started is not canceled."
    return paragraphs(
        f"### Workflow {prose(source.title(workflow))} (`{WORKFLOWS}/{source.file_name(workflow)}`)",
        f"Runs on: {'; '.join(_triggers(source, workflow))}. {concurrency}",
        "".join((*sessions, *hosted)) + bullets((gate,)),
    )


def _session(source: GuideSource, session: Session, workflow: str) -> str:
    facts = session.facts
    count = len(session.jobs) * len(facts.systems)
    pythons = f"Python {', '.join(session.pythons)} on " if session.pythons else ""
    permissions = session_permissions(session, source.settings)
    details = (
        f"{pythons}{codes(facts.systems)}",
        f"timeout: {plural(facts.timeout, 'minute')}",
        _limited_to(source, workflow, facts.events),
        _listed("after", (needed.name for needed in source.pipeline.needs(session))),
        _listed("artifacts", facts.artifacts),
        _listed("permissions", (f"{name}: {access}" for name, access in permissions.items())),
        _listed("environment", (facts.environment,) if facts.environment else ()),
        _listed("secrets", facts.secrets),
        "full git history" if facts.history else "",
        "uploads the coverage to Codecov"
        if session.name == "coverage" and source.settings.coverage.codecov != "off"
        else "",
    )
    name = f"{code(session.name)}{f' ({count} jobs)' if count > 1 else ''}"
    return f"- {labeled(f'**{name}**', session.description)}\n" + bullets(details, "  ")


def _hosted_job(source: GuideSource, job: HostedJob) -> str:
    details = (
        f"only on GitHub; here, {code(f'nox -s {job.local}')} comes closest",
        f"timeout: {plural(job.timeout, 'minute')}",
        _limited_to(source, job.workflow, job.events),
        _listed(
            "permissions",
            (f"{name}: {access}" for name, access in {"contents": "read", **dict(job.permissions)}.items()),
        ),
        "full git history" if job.history else "",
        _listed("actions", (step.uses for step in job.steps)),
        *(
            _listed(f"inputs of {code(step.uses)}", (f"{key}: {value}" for key, value in step.inputs))
            for step in job.steps
        ),
    )
    return f"- {labeled(f'**{code(job.name)}**', job.description)}\n" + bullets(details, "  ")


def _listed(label: str, names: Iterable[str]) -> str:
    text = codes(names)
    return f"{label}: {text}" if text else ""


def _limited_to(source: GuideSource, workflow: str, events: tuple[str, ...]) -> str:
    on = _on(source, workflow)
    words = [word for event in events for word in _event(event, on.get(event))]
    return f"only on {', '.join(words)}" if words else ""


def _hosted(source: GuideSource, workflow: str) -> Iterator[HostedJob]:
    return (job for job in source.pipeline.hosted_jobs if job.workflow == workflow)


def _job_count(source: GuideSource, workflow: str) -> str:
    sessions = source.pipeline.in_workflow(workflow)
    number = sum(len(session.jobs) * len(session.facts.systems) for session in sessions)
    return plural(number + len([*_hosted(source, workflow)]), "job")


def _on(source: GuideSource, workflow: str) -> Mapping[str, Any]:
    events = [session.facts.events for session in source.pipeline.in_workflow(workflow)]
    return triggers(workflow, source.settings, (*events, *(job.events for job in _hosted(source, workflow))))


def _triggers(source: GuideSource, workflow: str) -> tuple[str, ...]:
    """Return the events that start a workflow, in words."""
    return tuple(word for event, filters in _on(source, workflow).items() for word in _event(event, filters))


def _event(event: str, filters: Any) -> Iterator[str]:
    """Yield an event in words, one text for each time of a schedule. `filters` is its value in `on:`."""
    match event, filters:
        case "push", {"tags": tags}:
            yield f"a pushed tag {codes(tags)}"
        case "push", {"branches": branches}:
            yield f"a push to {codes(branches)}"
        case "schedule", [*times]:
            yield from (cron_words(time["cron"]) for time in times)
        case "weekly", _:
            yield cron_words(WEEKLY)
        case _:
            yield _EVENTS.get(event) or code(event)


def cron_words(cron: str) -> str:
    """Return the time of a daily or weekly schedule in words: `0 2 * * *` is "daily at 02:00 UTC"."""
    minute, hour, _, _, day = cron.split()
    return f"{'daily' if day == '*' else f'every {_DAYS[int(day)]}'} at {int(hour):02}:{int(minute):02} UTC"


_HOW_JOBS_RUN = """\
### How jobs run

- The job of a session checks out the commit, takes the artifacts that it needs, installs the Nox that `noxfile.py.lock` pins, and
  runs `nox -s` with its name.
- The packages are those of `uv.lock`, and a stale lock is an error.
- uv's downloads are cached for each job in the workflows that check changes. The other workflows use no cache.
- Jobs of a matrix do not cancel each other, so that every failure is shown. The timeout ends a job that hangs.
- Every action is pinned to a commit, and a token has only the permissions that its job lists.
- Artifacts are kept for {days} days.
"""

"""The jobs of a run: those that this machine can run, and the others with the reason why it can't."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.specifiers import SpecifierSet

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import Job, Pipeline, Session, is_arm, platform_of
from evenfall.project.interpreters import missing_reason
from evenfall.project.pyenv import ANY
from evenfall.results import Skipped

_SYSTEMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
DEFAULT_WORKFLOW = "ci"

FindInterpreters = Callable[[Iterable[str]], Mapping[str, Path | None]]
"""Returns the interpreter of each Python such as `"3.12"`, downloaded if necessary, or `None`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """A job of a session on the runner `system`.

    `name` is the job's name on GitHub, `number` its position among all jobs of the pipeline, `after` the names of the jobs that must
    pass first, `python` an interpreter of this machine.
    """

    name: str
    session: Session
    job: Job
    system: str
    number: int
    after: tuple[str, ...] = ()
    python: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The jobs to run, in the order of the noxfile, and the skipped ones by name.

    `skipped_on_systems` names the skipped jobs of sessions as `JOB @ SYSTEM`, even if the session has only one job.
    """

    jobs: tuple[PlannedJob, ...]
    skipped: Mapping[str, Skipped]
    skipped_on_systems: tuple[str, ...] = ()


def make_plan(
    pipeline: Pipeline, names: Sequence[str], find_interpreters: FindInterpreters, allowed: SpecifierSet = ANY
) -> Plan:
    """Return the plan for the named sessions and jobs and all that they require; without names, for the workflow `ci`.

    `allowed` are the releases of Python that the project allows. Raises `EvenfallError` (usage) if a name is unknown.
    """
    requested = [*_requested_jobs(pipeline, names)]
    reasons = {job.name: reason for job in requested if (reason := _obstacle(job))}
    versions = dict.fromkeys(job.job.python for job in requested if job.job.python and job.name not in reasons)
    interpreters = find_interpreters(filter(None, versions))
    for job in requested:
        if job.name not in reasons and job.job.python and interpreters[job.job.python] is None:
            reasons[job.name] = missing_reason(job.job.python, allowed)
    runnable = [job for job in requested if job.name not in reasons]
    waiting = _without_required_jobs(pipeline, runnable)
    able = {job.session.name for job in runnable} - {job.session.name for job in waiting}
    for job in waiting:
        unable = ", ".join(session.name for session in pipeline.needs(job.session) if session.name not in able)
        reasons[job.name] = f"it requires {unable}, which can't run on this machine"
    jobs = [_complete(job, pipeline, runnable, interpreters) for job in runnable if job.name not in reasons]
    skipped_on_systems = tuple(f"{job.job.name} @ {job.system}" for job in requested if job.name in reasons)
    if not names:
        hosted = (job for job in pipeline.hosted_jobs if job.workflow == DEFAULT_WORKFLOW)
        reasons |= {job.name: f"only GitHub can run it; run here: evenfall run {job.local}" for job in hosted}
    return Plan(
        jobs=tuple(jobs),
        skipped={name: Skipped(reason) for name, reason in reasons.items()},
        skipped_on_systems=skipped_on_systems,
    )


def _requested_jobs(pipeline: Pipeline, names: Sequence[str]) -> Iterator[PlannedJob]:
    """Yield the named jobs and all jobs that they require."""
    sessions = () if names else pipeline.in_workflow(DEFAULT_WORKFLOW)
    requested = {session.name: {*_job_names(session)} for session in sessions}
    for name in names:
        session, jobs = _find_jobs(pipeline, name)
        requested.setdefault(session.name, set()).update(jobs)
    queue = list(requested)
    while queue:
        for required in pipeline.needs(pipeline.by_name[queue.pop()]):
            if not requested.get(required.name, set()) >= {*_job_names(required)}:
                requested[required.name] = {*_job_names(required)}
                queue.append(required.name)
    sessions = pipeline.sessions
    every = ((session, job, system) for session in sessions for job in session.jobs for system in session.facts.systems)
    for number, (session, job, system) in enumerate(every):
        if (name := session.job_name(job.name, system)) in requested.get(session.name, ()):
            yield PlannedJob(name=name, session=session, job=job, system=system, number=number)


def _job_names(session: Session) -> Iterator[str]:
    return (session.job_name(job.name, system) for job in session.jobs for system in session.facts.systems)


def _find_jobs(pipeline: Pipeline, name: str) -> tuple[Session, set[str]]:
    """Return the session and the job names that a user means: all jobs of a session, those of a Nox job, or one job of GitHub."""
    job_name, _, system = name.partition(" @ ")
    session = pipeline.find(job_name)
    if system and system not in session.facts.systems:
        labels = ", ".join(session.facts.systems)
        raise EvenfallError(f"{name!r}: {session.name} runs on {labels}", hint=f"evenfall explain {session.name}")
    jobs = [job for job in session.jobs if job_name in (session.name, job.name, *job.aliases)]
    systems = (system,) if system else session.facts.systems
    return session, {session.job_name(job.name, label) for job in jobs for label in systems}


def _obstacle(job: PlannedJob) -> str:
    """Return the reason why this machine can't run a job, whatever is installed on it; empty if it can."""
    system = platform_of(job.system)
    if job.session.facts.side_effects:
        return "it has side effects"
    if system not in _SYSTEMS:
        return f"it runs on {job.system}, which is not a known system"
    if system != sys.platform:
        return f"it runs on {_SYSTEMS[system]}"
    if is_arm(job.system) != (platform.machine().lower() in {"arm64", "aarch64"}):
        return f"it runs on another processor than this machine's {platform.machine()}"
    return ""


def _without_required_jobs(pipeline: Pipeline, runnable: Sequence[PlannedJob]) -> list[PlannedJob]:
    """Return the jobs that require a session with no runnable job, and those that require them in turn."""
    sessions = {job.session.name for job in runnable}
    lacking: set[str] = set()
    while more := {
        job.session.name
        for job in runnable
        if job.session.name not in lacking
        and any(required.name not in sessions - lacking for required in pipeline.needs(job.session))
    }:
        lacking |= more
    return [job for job in runnable if job.session.name in lacking]


def _complete(
    job: PlannedJob, pipeline: Pipeline, runnable: Sequence[PlannedJob], interpreters: Mapping[str, Path | None]
) -> PlannedJob:
    """Add the interpreter and the jobs that must pass first: as on GitHub, all jobs of each required session."""
    required = {session.name for session in pipeline.needs(job.session)}
    return replace(
        job,
        after=tuple(other.name for other in runnable if other.session.name in required),
        python=interpreters[job.job.python] if job.job.python else None,
    )

"""Which jobs there are, which of them this machine can run, and why it can't run the others."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import HostedJob, Job, Pipeline, Session, is_arm, platform_of
from evenfall.results import Skipped

_SYSTEMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
DEFAULT_WORKFLOW = "ci"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One job: a session's, on the runner `system`. `name` is what GitHub calls its job; `python` an interpreter of this machine."""

    name: str
    session: Session
    job: Job
    system: str
    after: tuple[str, ...] = ()
    python: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The jobs to run, in the order of the noxfile, and those that can't be run here, by name; `absent` are these as `JOB @ SYSTEM`."""

    jobs: tuple[Planned, ...]
    skipped: Mapping[str, Skipped]
    absent: tuple[str, ...] = ()


Find = Callable[[Iterable[str]], Mapping[str, Path | None]]
"""The interpreter of each version like `"3.12"`, brought where need be; `None` where it can't be had."""


def plan(pipeline: Pipeline, names: Sequence[str], find: Find) -> Plan:
    """What `evenfall run` with these names would run: all of the workflow `ci` where there are none.

    Raises `EvenfallError` (usage) for a name that is none.
    """
    chosen = [*_chosen(pipeline, names)]
    absent = {planned.name: reason for planned in chosen if (reason := _not_here(planned))}
    found = find(_pythons(chosen, absent))
    for planned in chosen:
        if planned.name not in absent and planned.job.python and found[planned.job.python] is None:
            absent[planned.name] = f"Python {planned.job.python} is not on this machine, and uv could not bring it"
    here = [planned for planned in chosen if planned.name not in absent]
    for planned in _without_input(pipeline, here):
        needs = ", ".join(needed.name for needed in pipeline.needs(planned.session))
        absent[planned.name] = f"what it requires can't run on this machine: {needs}"
    jobs = [_bound(planned, pipeline, here, found) for planned in here if planned.name not in absent]
    reasons = (
        absent
        if names
        else absent | {job.name: f"only GitHub runs it; here: evenfall run {job.local}" for job in _hosted(pipeline)}
    )
    return Plan(
        jobs=tuple(jobs),
        skipped={name: Skipped(reason) for name, reason in reasons.items()},
        absent=tuple(f"{each.job.name} @ {each.system}" for each in chosen if each.name in absent),
    )


def _hosted(pipeline: Pipeline) -> Iterator[HostedJob]:
    return (job for job in pipeline.hosted_jobs if job.workflow == DEFAULT_WORKFLOW)


def _chosen(pipeline: Pipeline, names: Sequence[str]) -> Iterator[Planned]:
    """The jobs that are named, and all those that they require."""
    wanted = (
        {session.name: {*_all_of(session)} for session in pipeline.in_workflow(DEFAULT_WORKFLOW)} if not names else {}
    )
    for name in names:
        session, jobs = _named(pipeline, name)
        wanted.setdefault(session.name, set()).update(jobs)
    waiting = list(wanted)
    while waiting:
        for needed in pipeline.needs(pipeline.by_name[waiting.pop()]):
            if not wanted.get(needed.name, set()) >= {*_all_of(needed)}:
                wanted[needed.name] = {*_all_of(needed)}
                waiting.append(needed.name)
    for session in pipeline.sessions:
        for job in session.jobs:
            for system in session.facts.systems:
                if (name := session.job_name(job.name, system)) in wanted.get(session.name, ()):
                    yield Planned(name=name, session=session, job=job, system=system)


def _all_of(session: Session) -> Iterator[str]:
    return (session.job_name(job.name, system) for job in session.jobs for system in session.facts.systems)


def _named(pipeline: Pipeline, name: str) -> tuple[Session, set[str]]:
    """The session of a name, and which of its jobs are meant: all, those of a job, or the one that GitHub shows under that name."""
    job_name, _, system = name.partition(" @ ")
    session = pipeline.find(job_name)
    if system and system not in session.facts.systems:
        there = ", ".join(session.facts.systems)
        raise EvenfallError(f"{name!r}: {session.name} runs on {there}", hint=f"evenfall explain {session.name}")
    jobs = [job for job in session.jobs if job_name in (session.name, job.name, *job.aliases)]
    systems = (system,) if system else session.facts.systems
    return session, {session.job_name(job.name, label) for job in jobs for label in systems}


def _not_here(planned: Planned) -> str:
    """Why this machine can't run a job, whatever is installed on it; empty where it can."""
    system = platform_of(planned.system)
    if planned.session.facts.side_effects:
        return "it changes the world outside"
    if system not in _SYSTEMS:
        return f"it runs on {planned.system}, of which this machine knows nothing"
    if system != sys.platform:
        return f"it runs on {_SYSTEMS[system]}"
    if is_arm(planned.system) != (platform.machine().lower() in {"arm64", "aarch64"}):
        return f"it runs on another processor than this machine's {platform.machine()}"
    return ""


def _pythons(chosen: Iterable[Planned], absent: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.job.python for each in chosen if each.job.python and each.name not in absent))


def _without_input(pipeline: Pipeline, here: Sequence[Planned]) -> list[Planned]:
    """The jobs of which a required session has no job here, and those that require them in turn."""
    runnable = {planned.session.name for planned in here}
    lacking: set[str] = set()
    while more := {
        planned.session.name
        for planned in here
        if planned.session.name not in lacking
        and any(needed.name not in runnable - lacking for needed in pipeline.needs(planned.session))
    }:
        lacking |= more
    return [planned for planned in here if planned.session.name in lacking]


def _bound(planned: Planned, pipeline: Pipeline, here: Sequence[Planned], found: Mapping[str, Path | None]) -> Planned:
    """With the interpreter, and with the jobs that must have passed before: as on GitHub all of a session's."""
    needed = {session.name for session in pipeline.needs(planned.session)}
    return Planned(
        name=planned.name,
        session=planned.session,
        job=planned.job,
        system=planned.system,
        after=tuple(other.name for other in here if other.session.name in needed),
        python=found[planned.job.python] if planned.job.python else None,
    )

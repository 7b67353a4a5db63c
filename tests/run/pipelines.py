"""Pipelines and planned jobs for this machine, for tests."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

from evenfall.pipeline.model import Facts, Job, Pipeline, Session
from evenfall.run.planner import PlannedJob

_ARM = platform.machine().lower() in {"arm64", "aarch64"}
HERE = {
    "linux": "ubuntu-24.04-arm" if _ARM else "ubuntu-latest",
    "darwin": "macos-latest" if _ARM else "macos-15-intel",
    "win32": "windows-11-arm" if _ARM else "windows-latest",
}[sys.platform]
"""The label of a runner with this machine's system and processor."""
ELSEWHERE = "windows-latest" if sys.platform != "win32" else "ubuntu-latest"


def session(
    name: str, *jobs: str, pythons: tuple[str, ...] = (), requires: tuple[str, ...] = (), **facts: Any
) -> Session:
    """Return a session with these jobs, or one job for each of `pythons`, on a runner like this machine."""
    made = [Job(name=f"{name}-{version}", python=version, requires=requires) for version in pythons]
    made += [Job(name=job, python=None, requires=requires) for job in jobs or (() if pythons else (name,))]
    return Session(
        name=name,
        description="",
        facts=Facts(**{"systems": (HERE,), **facts}),
        jobs=tuple(made),
        line=1,
        module="noxfile",
    )


def pipeline(*sessions: Session, **more: Any) -> Pipeline:
    return Pipeline(sessions=sessions, **more)


def planned_job(of: Session, *, python: Path | None = None, number: int = 0) -> PlannedJob:
    """Return the first job of a session."""
    (job, *_), (system, *_) = of.jobs, of.facts.systems
    name = of.job_name(job.name, system)
    return PlannedJob(name=name, session=of, job=job, system=system, number=number, python=python)

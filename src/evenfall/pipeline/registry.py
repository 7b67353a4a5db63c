"""What the noxfile has declared with Evenfall in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE, Facts, HostedJob
from evenfall.project.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One session of `evenfall.session`: its facts, and the function that Nox calls in place of the user's."""

    wrapper: Callable[..., Any]
    facts: Facts


@dataclass(slots=True)
class Registry:
    """The sessions and hosted jobs by name, in the order of the noxfile, beside Nox's own registry; and the noxfile's project."""

    project: Project | None = None
    sessions: dict[str, Declaration] = field(default_factory=dict)
    hosted_jobs: dict[str, HostedJob] = field(default_factory=dict)

    def add_hosted_job(self, job: HostedJob) -> None:
        """Add a job. Raises `EvenfallError` (usage) if there is one of that name."""
        if job.name in self.hosted_jobs:
            raise duplicate_name("hosted jobs", job.name)
        self.hosted_jobs[job.name] = job

    def clear(self) -> None:
        """Remove everything: a noxfile that runs as a script is loaded twice in one process."""
        self.project = None
        self.sessions.clear()
        self.hosted_jobs.clear()


REGISTRY = Registry()
"""The registry of this process, because a noxfile declares its sessions by plain function calls."""


def duplicate_name(kind: str, name: str, location: str = NOXFILE) -> EvenfallError:
    """Return the error for two sessions or hosted jobs (`kind`) of one name."""
    return EvenfallError(
        f"{location}: two {kind} are named {name!r}",
        hint=f'rename one, or omit the standard one: evenfall.standard_sessions(omit=("{name}",))',
    )

"""What becomes of a declared artifact on its way from one session to the next: the same in the workflows and in the mirror."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from evenfall.pipeline.model import Pipeline, Session


@dataclass(frozen=True, slots=True)
class Artifact:
    """The `number`th thing that `session` declares to leave: a folder (`dist/`), a file, or a pattern of files (`lists/*.txt`)."""

    session: str
    number: int
    path: str

    @property
    def folder(self) -> str:
        """Where its files lie: itself if it is a folder, else the folder before its name or pattern."""
        return posixpath.dirname(self.path.partition("*")[0]) or "."

    @property
    def name(self) -> str:
        """The beginning of the name under which it is kept."""
        return f"{self.session}.{self.number}"

    def named(self, job: str, system: str) -> str:
        """The name under which one job's files are kept."""
        return f"{self.name}.{job} @ {system}"


def left(session: Session) -> tuple[Artifact, ...]:
    """What a session leaves."""
    return tuple(Artifact(session.name, number, path) for number, path in enumerate(session.facts.artifacts))


def taken(session: Session, pipeline: Pipeline) -> Iterator[Artifact]:
    """What a session takes: all that the sessions leave that it requires."""
    for needed in pipeline.needs(session):
        yield from left(needed)

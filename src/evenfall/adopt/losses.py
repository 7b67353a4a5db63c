"""What would be lost if a generated file replaced a hand-written one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from evenfall.adopt.publication import publishing_workflow
from evenfall.adopt.workflow_file import jobs_of, read_workflow, triggers_of
from evenfall.text import one_line


class Kind(StrEnum):
    """What kind of thing would be lost."""

    PUBLICATION = "publication"
    JOB = "job"
    TRIGGER = "trigger"
    SYSTEM = "system"
    PYTHON = "Python"
    CHECK = "check"
    DOCTESTS = "doctests"
    DOCUMENTATION = "documentation"
    BENCHMARK = "benchmark"
    COVERAGE_UPLOAD = "coverage upload"
    SERVICE = "service"
    CONTAINER = "container"
    SECRET = "secret"  # noqa: S105 - not one, but their name
    ARTIFACT = "artifact"
    PERMISSION = "permission"
    NOT_UNDERSTOOD = "not understood"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing that a hand-written workflow does and the pipeline does not: `mypy`, `pypy-3.11`, `push to tags v*`.

    `jobs` are those that do it; a thing of the whole workflow has none.
    """

    kind: Kind
    what: str
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLosses:
    """A hand-written file that has the name or the purpose of a generated one, and what would be lost with it.

    `generated` is the path of the generated file. `is_replaced` means that the user wants it to be replaced; else it is kept.
    """

    path: str
    generated: str
    is_replaced: bool
    losses: tuple[Loss, ...]


def find_losses(root: Path, own: Mapping[str, str], replace: tuple[str, ...]) -> tuple[FileLosses, ...]:
    """Return what would be lost with each of the hand-written files `own`, which maps their paths to those of the generated ones."""
    return tuple(
        FileLosses(path=path, generated=generated, is_replaced=path in replace, losses=tuple(_losses(root, path)))
        for path, generated in own.items()
    )


def _losses(root: Path, path: str) -> Iterator[Loss]:
    workflow = read_workflow(root / path)
    if publishing := publishing_workflow(root, path):
        yield Loss(kind=Kind.PUBLICATION, what=publishing.evidence, jobs=publishing.jobs)
    yield from (Loss(kind=Kind.JOB, what=one_line(str(job))) for job in jobs_of(workflow))
    yield from (Loss(kind=Kind.TRIGGER, what=one_line(str(event))) for event in triggers_of(workflow))


def refusals(losses: tuple[FileLosses, ...], *, release: bool) -> tuple[str, ...]:
    """Return the reasons for which a script must not apply a plan with these losses, as clauses with the next command."""
    return tuple(
        f"{file.path} would be replaced, and it publishes the project ({loss.what})"
        for file in losses
        for loss in file.losses
        if file.is_replaced and loss.kind is Kind.PUBLICATION and not release
    )

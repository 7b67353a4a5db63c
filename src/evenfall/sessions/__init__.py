"""The standard sessions: one small file each, listed in one tuple."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.pipeline.declare import DECLARED, hosted_job, session, told_plainly
from evenfall.pipeline.model import NOXFILE
from evenfall.project.project import find_root, read_project
from evenfall.sessions import (
    audit,
    build,
    coverage,
    hosted_jobs,
    licenses,
    lint,
    precommit,
    review,
    sbom,
    secrets,
    tests,
    workflows,
)
from evenfall.text import did_you_mean

STANDARD = (tests, coverage, lint, precommit, build, workflows, audit, licenses, sbom, review, secrets)
"""Modules with `declare(project)`, which gives the arguments of `evenfall.session`, and a function of the module's own name."""

NAMES = tuple(module.__name__.rpartition(".")[2] for module in STANDARD)


@told_plainly
def pythons() -> tuple[str, ...]:
    """The project's Pythons, oldest first, as `requires-python` and the classifiers name them.

    Raises `EvenfallError` (usage) where the two disagree.
    """
    return read_project(find_root(Path.cwd())).pythons


@told_plainly
def standard_sessions(*, omit: Sequence[str] = ()) -> None:
    """Declare every standard session and hosted job but those in `omit`.

    `evenfall explain NAME --source` prints a session to paste and change. Raises `EvenfallError` (usage) for a name in `omit` that
    is none of them, and where a hosted job would be left without a local counterpart.
    """
    for name in omit:
        if name not in (*NAMES, *hosted_jobs.NAMES):
            raise EvenfallError(
                f"{NOXFILE}: omit names {name!r}, which is no standard session{did_you_mean(name, (*NAMES, *hosted_jobs.NAMES))}",
                hint="correct omit=",
            )
    project = read_project(find_root(Path.cwd()))
    for name, module in zip(NAMES, STANDARD, strict=True):
        if name not in omit:
            session(**module.declare(project))(getattr(module, name))
    for job in hosted_jobs.STANDARD:
        if job.name not in omit:
            hosted_job(job.name, local=job.local(DECLARED), **job.facts)

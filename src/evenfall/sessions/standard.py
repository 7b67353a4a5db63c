"""The list of the standard sessions, and the functions that declare them. Each session has its own module."""

from __future__ import annotations

from collections.abc import Sequence

from evenfall.errors import EvenfallError
from evenfall.pipeline.declare import declared_project, hosted_job, session
from evenfall.pipeline.matrix import single_system
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.nox_adapter import session_names
from evenfall.pipeline.noxfile_error import exit_on_error
from evenfall.sessions import (
    audit,
    build,
    coverage,
    github,
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

SESSIONS = (tests, coverage, lint, precommit, build, workflows, audit, licenses, sbom, review, secrets)
"""Modules with a function `declare(project)`, which returns the arguments of `evenfall.session`, and the session itself."""

SESSION_NAMES = tuple(module.__name__.rpartition(".")[2] for module in SESSIONS)
"""The name of a session is the name of its module and of its function."""

OF_PACKAGES = frozenset({"build"})
"""The sessions that a project has only if it is a package, or a member of its workspace is one."""


@exit_on_error
def pythons() -> tuple[str, ...]:
    """Return the project's Pythons, oldest first, as `requires-python` and the classifiers name them.

    Raises `EvenfallError` (usage) if the two disagree.
    """
    return declared_project().pythons


@exit_on_error
def standard_sessions(*, omit: Sequence[str] = ()) -> None:
    """Declare every standard session and hosted job except those in `omit`, and `build` in a project that is no package.

    `evenfall explain NAME --source` prints a session to copy and change. Raises `EvenfallError` (usage) if `omit` contains another
    name, or if a hosted job would have no local counterpart.
    """
    names = (*SESSION_NAMES, *github.SESSIONS, *hosted_jobs.NAMES)
    for name in omit:
        if name not in names:
            raise EvenfallError(
                f"{NOXFILE}: omit contains {name!r}, which is not a standard session{did_you_mean(name, names)}",
                hint="correct omit=",
            )
    project = declared_project()
    for name, module in zip(SESSION_NAMES, SESSIONS, strict=True):
        if name not in omit and (project.packages or name not in OF_PACKAGES):
            session(**{"systems": single_system(project), **module.declare(project)})(getattr(module, name))
    github.declare_github_sessions(project, omit)
    for job in hosted_jobs.STANDARD:
        if job.name not in omit:
            hosted_job(job.name, local=job.local(session_names()), **job.facts)

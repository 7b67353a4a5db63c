"""`lint`: every linter that the project has locked and configured. All of them run, then the session fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nox
from nox.command import CommandFailed

from evenfall.errors import EvenfallError
from evenfall.project import Project, lint_and_test_groups, read_project
from evenfall.sessions.configured import has_table, hook_runs


@dataclass(frozen=True, slots=True)
class Linter:
    """A linter: the package that must be locked, how a project shows that it wants it, what checks and what repairs."""

    package: str
    wanted: Callable[[Project], bool]
    check: tuple[str, ...]
    fix: tuple[str, ...] = ()


def formats_with_ruff(project: Project) -> bool:
    """A project may lint with ruff and format with something else."""
    return has_table(project, "ruff.format", "ruff.toml", ".ruff.toml") or hook_runs(
        project, "ruff-format", "ruff format"
    )


def lints_with_ruff(project: Project) -> bool:
    """Any configuration of ruff, or a hook that runs it."""
    return has_table(project, "ruff", "ruff.toml", ".ruff.toml") or hook_runs(
        project, "ruff", "ruff-check", "ruff check"
    )


def sorts_with_isort(project: Project) -> bool:
    """Configured in its own files or in shared ones."""
    return has_table(project, "isort", ".isort.cfg", "setup.cfg:isort", "tox.ini:isort")


def types_with_mypy(project: Project) -> bool:
    """Configured in its own files or in shared ones."""
    return has_table(project, "mypy", "mypy.ini", ".mypy.ini", "setup.cfg:mypy")


def has_contracts(project: Project) -> bool:
    """Contracts about who may import whom."""
    return has_table(project, "importlinter", ".importlinter", "setup.cfg:importlinter")


LINTERS = (
    Linter("isort", sorts_with_isort, ("isort", "--check-only", "--diff", "."), ("isort", ".")),
    Linter("ruff", formats_with_ruff, ("ruff", "format", "--check", "--diff", "."), ("ruff", "format", ".")),
    Linter("ruff", lints_with_ruff, ("ruff", "check", "--no-fix", "."), ("ruff", "check", "--fix", ".")),
    Linter("mypy", types_with_mypy, ("mypy",)),
    Linter("import-linter", has_contracts, ("lint-imports",)),
)


def declare(project: Project) -> dict[str, Any]:
    """On one Python, with the linters and what the tests import."""
    return {"python": project.primary_python, "groups": lint_and_test_groups(project)}


def lint(session: nox.Session) -> None:
    """Run isort, ruff, mypy and the import contract, each where the project has it locked and configured; -- --fix repairs."""
    project = read_project(Path.cwd())
    locked = project.lock.reached_from(project.name, lint_and_test_groups(project))
    chosen = [linter for linter in LINTERS if linter.package in locked and linter.wanted(project)]
    if not chosen:
        groups = ", ".join(lint_and_test_groups(project)) or "none"
        raise EvenfallError(
            f"no linter is both locked in the lint and test groups ({groups}) and configured",
            hint="uv add --group lint ruff",
        )
    if session.posargs == ["--fix"]:
        for linter in chosen:
            if linter.fix:
                session.run(*linter.fix, external="error", success_codes=[0, 1])
    elif session.posargs:
        raise EvenfallError(
            f"lint takes --fix and nothing else, not {' '.join(session.posargs)!r}", hint="nox -s lint -- --fix"
        )
    failed = [linter for linter in chosen if not _passes(session, linter, project)]
    if failed:
        session.error(_summary(failed))


def _passes(session: nox.Session, linter: Linter, project: Project) -> bool:
    everything = (".",) if linter.package == "mypy" and not project.pyproject.mypy_says_what else ()
    try:
        session.run(*linter.check, *everything, external="error")
    except CommandFailed:
        return False
    return True


def _summary(failed: list[Linter]) -> str:
    names = ", ".join(" ".join(linter.check[:2]) for linter in failed)
    repairs = any(linter.fix for linter in failed)
    return f"failed: {names}" + ("; next: nox -s lint -- --fix" if repairs else "")

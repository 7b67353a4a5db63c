"""`lint`: every linter that the project has locked and configured. All of them run, then the session fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.project.project import Project, read_project
from evenfall.sessions.installed_project import find_shipped
from evenfall.sessions.run_program import passes
from evenfall.sessions.tool_config import has_table, hook_runs, ini_sections


@dataclass(frozen=True, slots=True)
class Linter:
    """A linter: the package that must be locked, how a project shows that it wants it, what checks and what repairs."""

    name: str
    package: str
    wanted: Callable[[Project], bool]
    check: tuple[str, ...]
    fix: tuple[str, ...] = ()


def formats_with_ruff(project: Project) -> bool:
    """A project may lint with ruff and format with something else."""
    configured = has_table(project, "ruff.format", "ruff.toml:format", ".ruff.toml:format")
    return configured or hook_runs(project, "ruff-format", command="ruff format")


def lints_with_ruff(project: Project) -> bool:
    """Any configuration of ruff, or a hook that runs it."""
    configured = has_table(project, "ruff", "ruff.toml", ".ruff.toml")
    return configured or hook_runs(project, "ruff", "ruff-check", command="ruff check")


def sorts_with_isort(project: Project) -> bool:
    """Configured in its own files or in shared ones."""
    return has_table(project, "isort", ".isort.cfg", "setup.cfg:isort", "tox.ini:isort")


def types_with_mypy(project: Project) -> bool:
    """Configured in its own files or in shared ones."""
    return has_table(project, "mypy", "mypy.ini", ".mypy.ini", "setup.cfg:mypy")


def has_contracts(project: Project) -> bool:
    """Contracts about who may import whom."""
    return has_table(project, "importlinter", ".importlinter", "setup.cfg:importlinter")


# In the order in which repairs follow from each other: what ruff removes leaves imports to sort and lines to format.
LINTERS = (
    Linter("ruff check", "ruff", lints_with_ruff, ("ruff", "check", "--no-fix", "."), ("ruff", "check", "--fix", ".")),
    Linter("isort", "isort", sorts_with_isort, ("isort", "--check-only", "--diff", "."), ("isort", ".")),
    Linter(
        "ruff format", "ruff", formats_with_ruff, ("ruff", "format", "--check", "--diff", "."), ("ruff", "format", ".")
    ),
    Linter("mypy", "mypy", types_with_mypy, ("mypy",)),
    Linter("import-linter", "import-linter", has_contracts, ("lint-imports",)),
)


def declare(project: Project) -> dict[str, Any]:
    """On one Python, with the linters and what the tests import."""
    return {"python": project.primary_python, "groups": project.lint_and_test_groups}


def lint(session: nox.Session) -> None:
    """Run ruff, isort, mypy and the import contract; -- --fix repairs.

    Each where the project has it locked and configured. All of them run, then the session fails.
    """
    project = read_project(Path.cwd())
    if session.posargs not in ([], ["--fix"]):
        raise EvenfallError(
            f"lint takes --fix and nothing else, not {' '.join(session.posargs)!r}", hint="nox -s lint -- --fix"
        )
    chosen = choose(session, project)
    for linter in chosen:
        if linter.fix and session.posargs:
            session.run(*linter.fix, external="error", success_codes=[0, 1])
    failed = [
        linter
        for linter in chosen
        if not passes(session, *linter.check, *targets(linter, project, session), external="error")
    ]
    if failed:
        repairs = any(linter.fix for linter in failed) and not session.posargs
        raise EvenfallError(
            f"failed: {', '.join(linter.name for linter in failed)}", hint="nox -s lint -- --fix" if repairs else ""
        )


def choose(session: nox.Session, project: Project) -> list[Linter]:
    """The linters that are both locked and configured; the others are named. Raises `EvenfallError` (usage) where there is none."""
    groups = project.lint_and_test_groups
    locked = project.locked_names(groups)
    lacks = {
        linter.name: "not locked"
        if linter.package not in locked
        else ""
        if linter.wanted(project)
        else "not configured"
        for linter in LINTERS
    }
    chosen = [linter for linter in LINTERS if not lacks[linter.name]]
    left_out = ", ".join(f"{name} ({why})" for name, why in lacks.items() if why)
    if not chosen:
        raise EvenfallError(
            f"no linter is both locked in the lint and test groups ({', '.join(groups) or 'there is none'}) and configured: {left_out}",
            hint="uv add --group lint ruff, and write [tool.ruff] in pyproject.toml",
        )
    if left_out:
        session.log(f"left out: {left_out}")
    return chosen


def targets(linter: Linter, project: Project, session: nox.Session) -> tuple[str, ...]:
    """mypy checks what its configuration names, else what is shipped: examples and tests may need options of their own."""
    if linter.name != "mypy" or mypy_says_what(project):
        return ()
    places = find_shipped(session, project.name).in_tree(project.root).values()
    session.log(f"mypy checks {', '.join(places)}; [tool.mypy] files = [...] would name more")
    return tuple(places)


def mypy_says_what(project: Project) -> bool:
    """Whether mypy's configuration names what to check."""
    files = ("mypy.ini", ".mypy.ini", "setup.cfg")
    named = (ini_sections(project.root / file).get("mypy", ()) for file in files)
    return project.pyproject.mypy_says_what or any({"files", "packages", "modules"} & set(keys) for keys in named)

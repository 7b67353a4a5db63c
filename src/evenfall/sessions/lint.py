"""`lint`: every linter that the project has locked and configured. All of them run before the session fails."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.project.project import Project, read_project
from evenfall.sessions.installed_project import inspect_installed_project
from evenfall.sessions.run_command import passes
from evenfall.sessions.tool_config import has_table, hook_runs, ini_sections


@dataclass(frozen=True, slots=True)
class Linter:
    """A linter: the package to lock, the test for its configuration, and the commands that check and fix."""

    name: str
    package: str
    is_configured: Callable[[Project], bool]
    check: tuple[str, ...]
    fix: tuple[str, ...] = ()


def formats_with_ruff(project: Project) -> bool:
    """Return whether the project formats with Ruff; it may lint with Ruff and format with another tool."""
    configured = has_table(project, "ruff.format", "ruff.toml:format", ".ruff.toml:format")
    return configured or hook_runs(project, "ruff-format", command="ruff format")


def lints_with_ruff(project: Project) -> bool:
    """Return whether the project configures Ruff or has a hook that runs it."""
    configured = has_table(project, "ruff", "ruff.toml", ".ruff.toml")
    return configured or hook_runs(project, "ruff", "ruff-check", command="ruff check")


def sorts_with_isort(project: Project) -> bool:
    """Return whether isort is configured in its own file or in a shared one."""
    return has_table(project, "isort", ".isort.cfg", "setup.cfg:isort", "tox.ini:isort")


def checks_types_with_mypy(project: Project) -> bool:
    """Return whether mypy is configured in its own file or in a shared one."""
    return has_table(project, "mypy", "mypy.ini", ".mypy.ini", "setup.cfg:mypy")


def has_import_contracts(project: Project) -> bool:
    """Return whether import-linter is configured in its own file or in a shared one."""
    return has_table(project, "importlinter", ".importlinter", "setup.cfg:importlinter")


# The order of fixes: after Ruff removes code, imports must be sorted and lines formatted.
LINTERS = (
    Linter("ruff check", "ruff", lints_with_ruff, ("ruff", "check", "--no-fix", "."), ("ruff", "check", "--fix", ".")),
    Linter("isort", "isort", sorts_with_isort, ("isort", "--check-only", "--diff", "."), ("isort", ".")),
    Linter(
        "ruff format", "ruff", formats_with_ruff, ("ruff", "format", "--check", "--diff", "."), ("ruff", "format", ".")
    ),
    Linter("mypy", "mypy", checks_types_with_mypy, ("mypy",)),
    Linter("import-linter", "import-linter", has_import_contracts, ("lint-imports",)),
)


TROUBLESHOOTING = (
    (
        "A linter fails",
        "The first command fixes what Ruff and isort can fix. The second one shows what is left.",
        ("nox -s lint -- --fix", "nox -s lint"),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, and the groups for lint and tests, because linters read what the tests import."""
    return {
        "python": project.primary_python,
        "groups": project.lint_and_test_groups,
        "troubleshooting": TROUBLESHOOTING,
    }


def lint(session: nox.Session) -> None:
    """Run Ruff, isort, mypy and import-linter. With -- --fix, fix the code.

    A linter runs if the project has locked and configured it. All of them run before the session fails.
    """
    project = read_project(Path.cwd())
    if session.posargs not in ([], ["--fix"]):
        raise EvenfallError(f"lint accepts only --fix, not {' '.join(session.posargs)!r}", hint="nox -s lint -- --fix")
    linters = configured_linters(session, project)
    for linter in linters:
        if linter.fix and session.posargs:
            session.run(*linter.fix, external="error", success_codes=[0, 1])
    failed = [
        linter
        for linter in linters
        if not passes(session, *linter.check, *targets(linter, project, session), external="error")
    ]
    if failed:
        raise EvenfallError(
            f"failed: {', '.join(linter.name for linter in failed)}", hint=_hint(session, linters, failed)
        )


def _hint(session: nox.Session, linters: Sequence[Linter], failed: Sequence[Linter]) -> str:
    """Return the next command after a failure; none if the linters have already fixed what they can."""
    if not any(linter.fix for linter in failed):
        return ""
    if not session.posargs:
        return "nox -s lint -- --fix"
    runs_isort = any(linter.name == "isort" for linter in linters)
    if runs_isort and any(linter.name == "ruff check" for linter in failed) and _ruff_would_sort(session):
        return "configure isort and Ruff's rules I alike, or remove one of the two; they undo each other's order of imports"
    return ""


def _ruff_would_sort(session: nox.Session) -> bool:
    """Return whether the rule I001 of Ruff, which sorts imports as isort does, is among Ruff's findings."""
    findings = session.run(
        "ruff", "check", "--no-fix", "--output-format=concise", ".", external="error", silent=True, success_codes=[0, 1]
    )
    return " I001 " in str(findings)


def configured_linters(session: nox.Session, project: Project) -> list[Linter]:
    """Return the linters that are both locked and configured, and log the others. Raises `EvenfallError` (usage) if there are none."""
    groups = project.lint_and_test_groups
    locked = project.locked_names(groups)
    reasons = {linter: _reason_not_to_run(linter, project, locked) for linter in LINTERS}
    linters = [linter for linter, reason in reasons.items() if not reason]
    not_run = ", ".join(f"{linter.name} ({reason})" for linter, reason in reasons.items() if reason)
    if not linters:
        raise EvenfallError(
            f"no linter is both configured and locked in the lint and test groups ({', '.join(groups) or 'there are none'}): {not_run}",
            hint="uv add --group lint ruff, and add [tool.ruff] to pyproject.toml",
        )
    if not_run:
        session.log(f"not run: {not_run}")
    return linters


def _reason_not_to_run(linter: Linter, project: Project, locked: Container[str]) -> str:
    if linter.package not in locked:
        return "not locked"
    return "" if linter.is_configured(project) else "not configured"


def targets(linter: Linter, project: Project, session: nox.Session) -> tuple[str, ...]:
    """Return the paths to check: for mypy without configured files, the project's packages; else none, so that the linter decides.

    By default mypy does not check examples and tests, because they may need other options.
    """
    if linter.name != "mypy" or mypy_names_its_targets(project):
        return ()
    paths = inspect_installed_project(session, project.name).source_paths(project.root).values()
    session.log(f"mypy checks {', '.join(paths)}; [tool.mypy] files = [...] adds more")
    return tuple(paths)


def mypy_names_its_targets(project: Project) -> bool:
    """Return whether mypy's configuration names the files to check."""
    files = ("mypy.ini", ".mypy.ini", "setup.cfg")
    named = (ini_sections(project.root / file).get("mypy", ()) for file in files)
    return bool({"files", "packages", "modules"} & project.pyproject.tool_keys("mypy")) or any(
        {"files", "packages", "modules"} & set(keys) for keys in named
    )

"""The linters that a project has locked and configured, and the commands with which they run if nothing says how."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Literal

from evenfall.project.lint_command import LintCommand, parse_command
from evenfall.project.project import Project
from evenfall.project.tool_config import has_table, hook_runs, ini_sections, ruff_settings


@dataclass(frozen=True, slots=True)
class Linter:
    """A linter: its command, its package, the test for its configuration, and what its configuration in a folder applies to."""

    command: str
    package: str
    is_configured: Callable[[Project], bool]
    scope: Literal["folder", "tree", "nested"] = "tree"

    def places(self, project: Project) -> tuple[Project, ...]:
        """Return where it runs: the project if it is configured there, and the members of a workspace with an own configuration.

        A linter of the scope `tree` does not run in members if the root configures it, because it checks all folders. One of the scope
        `nested` always runs at the root, because it finds the configuration of each folder.
        """
        own = (project,) if self.is_configured(project) else ()
        if own and self.scope != "folder":
            return own
        members = [member for member in project.members if member.root != project.root and self.is_configured(member)]
        return (project,) if members and self.scope == "nested" else (*own, *members)

    @property
    def parsed(self) -> LintCommand:
        """The command."""
        return parse_command(self.command)


def lints_with_ruff(project: Project) -> bool:
    """Return whether the project configures Ruff or has a hook that runs it."""
    configured = has_table(project, "ruff", "ruff.toml", ".ruff.toml")
    return configured or hook_runs(project, "ruff", "ruff-check", command="ruff check")


def formats_with_ruff(project: Project) -> bool:
    """Return whether the project formats with Ruff; it may lint with Ruff and format with another tool."""
    configured = has_table(project, "ruff.format", "ruff.toml:format", ".ruff.toml:format")
    return configured or hook_runs(project, "ruff-format", command="ruff format")


def sorts_with_isort(project: Project) -> bool:
    """Return whether isort is configured in its own file or in a shared one."""
    return has_table(project, "isort", ".isort.cfg", "setup.cfg:isort", "tox.ini:isort")


def formats_with_black(project: Project) -> bool:
    """Return whether black is configured."""
    return has_table(project, "black")


def checks_with_flake8(project: Project) -> bool:
    """Return whether flake8 is configured in its own file or in a shared one."""
    return has_table(project, "flake8", ".flake8", "setup.cfg:flake8", "tox.ini:flake8")


def checks_types_with_mypy(project: Project) -> bool:
    """Return whether mypy is configured in its own file or in a shared one."""
    return has_table(project, "mypy", "mypy.ini", ".mypy.ini", "setup.cfg:mypy")


def checks_types_with_pyright(project: Project) -> bool:
    """Return whether Pyright is configured."""
    return has_table(project, "pyright", "pyrightconfig.json")


def checks_types_with_basedpyright(project: Project) -> bool:
    """Return whether basedpyright is configured, which also reads the configuration of Pyright."""
    return has_table(project, "basedpyright") or checks_types_with_pyright(project)


def checks_types_with_ty(project: Project) -> bool:
    """Return whether ty is configured."""
    return has_table(project, "ty", "ty.toml")


def checks_types_with_pyrefly(project: Project) -> bool:
    """Return whether Pyrefly is configured."""
    return has_table(project, "pyrefly", "pyrefly.toml")


def has_import_contracts(project: Project) -> bool:
    """Return whether import-linter is configured in its own file or in a shared one."""
    return has_table(project, "importlinter", ".importlinter", "setup.cfg:importlinter")


# The order of fixes: after Ruff removes code, imports must be sorted and lines formatted.
LINTERS = (
    Linter("ruff check --no-fix .", "ruff", lints_with_ruff, "nested"),
    Linter("isort --check-only --diff .", "isort", sorts_with_isort),
    Linter("ruff format --check --diff", "ruff", formats_with_ruff, "nested"),
    Linter("black --check .", "black", formats_with_black),
    Linter("flake8", "flake8", checks_with_flake8),
    Linter("mypy", "mypy", checks_types_with_mypy, "folder"),
    Linter("pyright", "pyright", checks_types_with_pyright),
    Linter("basedpyright", "basedpyright", checks_types_with_basedpyright),
    Linter("ty check", "ty", checks_types_with_ty),
    Linter("pyrefly check", "pyrefly", checks_types_with_pyrefly),
    Linter("lint-imports", "import-linter", has_import_contracts, "folder"),
)
"""The linters that run without `[tool.evenfall.lint] commands`."""


def default_linters(project: Project) -> tuple[Linter, ...]:
    """Return the linters that run without `[tool.evenfall.lint] commands`: those that are both locked and configured."""
    reasons = reasons_not_to_run(project)
    return tuple(linter for linter in LINTERS if linter not in reasons)


def reasons_not_to_run(project: Project) -> dict[Linter, str]:
    """Return the linters that do not run without `[tool.evenfall.lint] commands`, because they are not both locked and configured.

    The reason is empty if a linter is neither. The groups of lint and tests must lock it.
    """
    locked = project.locked_names(project.lint_and_test_groups)
    reasons = {linter: _reason(linter.package in locked, bool(linter.places(project))) for linter in LINTERS}
    return {linter: reason for linter, reason in reasons.items() if reason is not None}


def _reason(is_locked: bool, is_configured: bool) -> str | None:
    if is_locked and is_configured:
        return None
    return "not configured" if is_locked else "not locked" if is_configured else ""


def names_files_for_ruff(project: Project) -> bool:
    """Return whether the project's configuration of Ruff names the files that it formats.

    Otherwise Ruff would also format Markdown and notebooks.
    """
    return bool({"include", "extend-include"} & {*ruff_settings(project)})


def mypy_names_its_targets(project: Project) -> bool:
    """Return whether mypy's configuration names the files to check.

    mypy reads only the first of its files: https://mypy.readthedocs.io/en/stable/config_file.html
    """
    return bool({"files", "packages", "modules"} & _mypy_keys(project))


def _mypy_keys(project: Project) -> Set[str]:
    for name in ("mypy.ini", ".mypy.ini"):
        if (file := project.root / name).is_file():
            return {*ini_sections(file).get("mypy", ())}
    if "mypy" in project.pyproject.tools:
        return project.pyproject.tool_keys("mypy")
    return {*ini_sections(project.root / "setup.cfg").get("mypy", ())}

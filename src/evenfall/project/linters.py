"""The linters that a project has locked and configured, and the commands with which they run if nothing says how."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

from evenfall.project.lint_command import LintCommand, parse_command
from evenfall.project.project import Project
from evenfall.project.tool_config import has_configuration, hook_runs, ini_sections, ruff_settings


@dataclass(frozen=True, slots=True)
class Linter:
    """A linter: its command, its package, the places that configure it, and what its configuration in a folder applies to.

    A place is a file, or a section in a shared one: `setup.cfg:mypy`, or `pyproject.toml:mypy` for `[tool.mypy]`. A pre-commit hook
    that has one of the ids `hooks`, or that calls the same tool, also configures a linter with such ids.
    """

    command: str
    package: str
    configuration: tuple[str, ...]
    scope: Literal["folder", "tree", "nested"] = "tree"
    hooks: tuple[str, ...] = ()

    def is_configured(self, project: Project) -> bool:
        """Return whether the project configures it. Raises `EvenfallError` (usage) as `has_configuration` and `hook_runs` do."""
        return has_configuration(project, *self.configuration) or (
            bool(self.hooks) and hook_runs(project, *self.hooks, command=self.parsed.name)
        )

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


_MYPY = Linter("mypy", "mypy", ("pyproject.toml:mypy", "mypy.ini", ".mypy.ini", "setup.cfg:mypy"), "folder")
_RUFF = ("pyproject.toml:ruff", "ruff.toml", ".ruff.toml")
_RUFF_FORMAT = ("pyproject.toml:ruff.format", "ruff.toml:format", ".ruff.toml:format")
_ISORT = ("pyproject.toml:isort", ".isort.cfg", "setup.cfg:isort", "tox.ini:isort")
_FLAKE8 = ("pyproject.toml:flake8", ".flake8", "setup.cfg:flake8", "tox.ini:flake8")
_BASEDPYRIGHT = ("pyproject.toml:basedpyright", "pyproject.toml:pyright", "pyrightconfig.json")
_CONTRACTS = ("pyproject.toml:importlinter", ".importlinter", "setup.cfg:importlinter")
# The order of fixes: after Ruff removes code, imports must be sorted and lines formatted.
LINTERS = (
    Linter("ruff check --no-fix .", "ruff", _RUFF, "nested", hooks=("ruff", "ruff-check")),
    Linter("isort --check-only --diff .", "isort", _ISORT),
    Linter("ruff format --check --diff", "ruff", _RUFF_FORMAT, "nested", hooks=("ruff-format",)),
    Linter("black --check .", "black", ("pyproject.toml:black",)),
    Linter("flake8", "flake8", _FLAKE8),
    _MYPY,
    Linter("pyright", "pyright", ("pyproject.toml:pyright", "pyrightconfig.json")),
    Linter("basedpyright", "basedpyright", _BASEDPYRIGHT),
    Linter("ty check", "ty", ("pyproject.toml:ty", "ty.toml")),
    Linter("pyrefly check", "pyrefly", ("pyproject.toml:pyrefly", "pyrefly.toml")),
    Linter("lint-imports", "import-linter", _CONTRACTS, "folder"),
)
"""The linters that run without `[tool.evenfall.lint] commands`. A project may lint with Ruff and format with another tool."""


def checks_types_with_mypy(project: Project) -> bool:
    """Return whether mypy is configured in its own file or in a shared one."""
    return _MYPY.is_configured(project)


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

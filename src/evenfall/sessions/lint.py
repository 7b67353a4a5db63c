"""`lint`: the project's linters, with the paths and options with which the project runs them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.git.tracked import unignored_files
from evenfall.pipeline.model import NOXFILE
from evenfall.project.lint_command import TOOLS, LintCommand, parse_command
from evenfall.project.linters import (
    Linter,
    checks_types_with_mypy,
    default_linters,
    mypy_names_its_targets,
    names_files_for_ruff,
    reasons_not_to_run,
)
from evenfall.project.project import Project, read_project
from evenfall.project.toml import PYPROJECT
from evenfall.sessions.installed_project import inspect_installed_project
from evenfall.sessions.run_command import passes

TROUBLESHOOTING = (
    (
        "A linter fails",
        "The first command fixes what the linters can fix. The second one shows what is left.",
        ("nox -s lint -- --fix", "nox -s lint"),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, and the groups for lint and tests, because linters read what the tests import."""
    return {
        "python": project.python_for(project.lint_and_test_groups, {tool.package for tool in TOOLS}),
        "groups": project.lint_and_test_groups,
        "troubleshooting": TROUBLESHOOTING,
    }


def lint(session: nox.Session) -> None:
    """Run the project's linters as it runs them. With -- --fix, fix the code.

    These are the commands of [tool.evenfall.lint], or else each known linter that is locked and configured. All of them run before the
    session fails.
    """
    project = read_project(Path.cwd())
    if session.posargs not in ([], ["--fix"]):
        raise EvenfallError(f"lint accepts only --fix, not {' '.join(session.posargs)!r}", hint="nox -s lint -- --fix")
    commands = lint_commands(session, project)
    if session.posargs:
        for command in sorted(commands, key=_order_of_fixes):
            if command.fix:
                _run(session, command, command.fix, success_codes=[0, 1])
    failed = [command for command in commands if not _run(session, command, command.check)]
    if failed:
        names = dict.fromkeys(command.name for command in failed)
        raise EvenfallError(f"failed: {', '.join(names)}", hint=_hint(session, commands, failed))


def _order_of_fixes(command: LintCommand) -> int:
    return TOOLS.index(command.tool) if command.tool else len(TOOLS)


def _run(session: nox.Session, command: LintCommand, words: Sequence[str], success_codes: Sequence[int] = (0,)) -> bool:
    """Run a command in its folder, and return whether it succeeded."""
    with _folder(session, command):
        return passes(
            session,
            *expand_patterns(words),
            external="error",
            env=dict(command.shell.variables),
            success_codes=success_codes,
        )


_TAKES_PATTERNS = re.compile(r"-[Sex]|--sg|--[\w-]*(exclude|ignore|skip|include|filter|omit)[\w-]*")
"""An option whose value, the next word, is a pattern for the linter itself."""


def expand_patterns(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a command with the files instead of a pattern such as `*.py`, as a shell does.

    The value of an option that takes patterns, such as `--exclude`, stays as it is.
    """
    expanded: list[str] = []
    for before, word in zip(("", *words), words, strict=False):
        is_pattern = has_magic(word) and not word.startswith("-") and not _TAKES_PATTERNS.fullmatch(before)
        expanded += (sorted(glob(word)) if is_pattern else []) or [word]
    return tuple(expanded)


def _folder(session: nox.Session, command: LintCommand) -> AbstractContextManager[object]:
    """Return a context in which the command's folder is the current one."""
    return nullcontext() if command.shell.folder == "." else session.chdir(command.shell.folder)


def _hint(session: nox.Session, commands: Sequence[LintCommand], failed: Sequence[LintCommand]) -> str:
    """Return the next command after a failure; none if the linters have already fixed what they can."""
    if not any(command.fix for command in failed):
        return ""
    if not session.posargs:
        return "nox -s lint -- --fix"
    runs_isort = any(command.name == "isort" for command in commands)
    if runs_isort and any(_ruff_would_sort(session, command) for command in failed if command.name == "ruff check"):
        return "configure isort and Ruff's rules I alike, or remove one of the two; they undo each other's order of imports"
    return ""


def _ruff_would_sort(session: nox.Session, command: LintCommand) -> bool:
    """Return whether the rule I001 of Ruff, which sorts imports as isort does, is among Ruff's findings."""
    with _folder(session, command):
        findings = session.run(
            *command.check, "--output-format=concise", external="error", silent=True, success_codes=[0, 1]
        )
    return " I001 " in str(findings)


def lint_commands(session: nox.Session, project: Project) -> list[LintCommand]:
    """Return the commands to run. Raises `EvenfallError` (usage) if there are none, or as `parse_command` does."""
    configured = project.pyproject.settings.lint.commands
    if configured is not None:
        commands = [parse_command(text) for text in configured]
    else:
        commands = [
            _in_folder(linter.parsed, place, session)
            for linter in _default_linters(session, project)
            for place in linter.places(project)
        ]
    if not commands:
        raise EvenfallError(
            f"{PYPROJECT}: tool.evenfall.lint.commands is empty", hint="add a command, or remove the key"
        )
    return commands


def _in_folder(command: LintCommand, place: Project, session: nox.Session) -> LintCommand:
    """Return a default command for the folder of a project, or of a member of a workspace, with its targets."""
    words = (*command.shell.words, *targets(command.name, place, session))
    return LintCommand(replace(command.shell, words=words, folder=place.folder))


def _default_linters(session: nox.Session, project: Project) -> tuple[Linter, ...]:
    """Return the linters that are both locked and configured, and log those of which only one is true."""
    groups = project.lint_and_test_groups
    reasons = reasons_not_to_run(project)
    linters = default_linters(project)
    not_run = ", ".join(f"{linter.parsed.name} ({reason})" for linter, reason in reasons.items() if reason)
    if not linters:
        raise EvenfallError(
            f"no linter is both configured and locked in the lint and test groups ({', '.join(groups) or 'there are none'})"
            f"{not_run and f': {not_run}'}",
            hint="uv add --group lint ruff, and add [tool.ruff] to pyproject.toml",
        )
    if not_run:
        session.log(f"not run: {not_run}")
    return linters


def targets(name: str, project: Project, session: nox.Session) -> tuple[str, ...]:
    """Return the paths that a linter gets besides the words of its default command.

    Without files in its configuration, Ruff formats the Python files that git does not ignore, because it would also format Markdown;
    and mypy checks the project's packages, because examples and tests may need other options.
    """
    if name == "ruff format" and not names_files_for_ruff(project):
        # An argument that starts with @ is a file with arguments: the paths may be too many for a command line.
        listed = session.env_dir / "python-files"
        paths = [path for path in unignored_files(project.root) if path.endswith((".py", ".pyi"))]
        listed.write_text("".join(f"{path}\n" for path in paths or [NOXFILE]), encoding="utf-8")
        return ("--force-exclude", f"@{listed.absolute()}")
    if name == "ruff format":
        return (".",)
    if name != "mypy" or mypy_names_its_targets(project):
        return ()
    sources = _source_paths(project, session)
    session.log(f"mypy checks {', '.join(sources)}; [tool.mypy] files = [...] adds more")
    return sources


def _source_paths(project: Project, session: nox.Session) -> tuple[str, ...]:
    """Return the sources of the packages of a project, or of the members of a workspace that have no configuration of mypy of their own.

    Of a project that is no package, that is its folder.
    """
    members = project.members if project.is_workspace else (project,)
    own = [each for each in members if each is project or each.root == project.root or not checks_types_with_mypy(each)]
    paths = [
        os.path.normpath(each.root / path)
        for each in own
        for path in (
            inspect_installed_project(session, each).source_paths(each.root).values()
            if each.pyproject.is_package
            else (".",)
        )
    ]
    return tuple(Path(path).relative_to(project.root).as_posix() for path in paths)

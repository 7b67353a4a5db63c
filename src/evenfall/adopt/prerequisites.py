"""The prerequisites of the sessions in a project: tracked files, locked tools, pre-commit hooks, and ignored output folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from evenfall.adopt.adoption import Adoption, KeptFile
from evenfall.errors import EvenfallError
from evenfall.generate.releasing import RELEASING
from evenfall.git.tracked import ignore_rules
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project import coverage_target, lockfile
from evenfall.project.precommit_config import HOOKS, hooks_unlike_lock, read_hooks

IGNORED = (".nox/", "audit-report/", "coverage-data/", "coverage-report/", "dist/", "release-files/", "sbom/")
"""The folders that Nox and the sessions write."""

_HOOK_COMMANDS = {"isort": ("isort",), "ruff": ("ruff format --force-exclude", "ruff check --fix --force-exclude")}
"""The commands that a hook runs on the files of a commit. The session lint runs the tools that read the whole project."""

_HOOKS = """\
# uv runs the locked tools, so the hooks, the session lint and CI use the same versions.
repos:
  - repo: local
    hooks:
"""

_HOOK = """\
      - id: {id}
        name: {id}
        entry: uv run --locked {option} {command}
        language: system
        types_or: [python, pyi]
        require_serial: true
"""


def check_not_ignored(root: Path, *, release: bool = False) -> None:
    """Raise `EvenfallError` (usage) if git ignores a file that the sessions need in CI, or with `release` those of a release."""
    needed = (lockfile.NAME, NOXFILE, SCRIPT_LOCK, coverage_target.NAME, HOOKS, ".github/workflows/ci.yml")
    of_release = (".github/workflows/cd.yml", RELEASING) if release else ()
    for rule in ignore_rules(root, (*needed, *of_release)):
        raise EvenfallError(
            f"{rule.path}: git ignores it ({rule.file}:{rule.line}:{rule.pattern}), so CI would not have it",
            hint="remove that line, then evenfall init",
        )


def add_tools(adoption: Adoption) -> None:
    """Add and lock the tools that the sessions call and the project lacks: pytest and coverage, and pre-commit."""
    project = adoption.project
    for purpose, group, tools in (("tests", "test", ("pytest", "coverage")), ("lint", "lint", ("pre-commit",))):
        groups = project.groups(purpose)
        # The session tests installs only the groups for tests.
        locked = project.locked_names(groups if purpose == "tests" else project.lint_and_test_groups)
        missing = [tool for tool in tools if tool not in locked]
        if purpose == "tests" and missing and not groups:
            adoption.notes.append(
                f"the project had no group for tests; add the packages that the tests import: uv add --group {group} …"
            )
        if missing:
            adoption.uv("add", "--quiet", "--no-sync", "--group", groups[0] if groups else group, *missing)
            project = adoption.project


def write_hooks(adoption: Adoption) -> None:
    """Write pre-commit hooks that run the locked tools, if the project has no hooks yet."""
    if (adoption.scratch / HOOKS).exists():
        return
    project = adoption.project
    root = project.lock.find(project.name)
    extras, groups = (root.optional_dependencies, root.dev_dependencies) if root else ({}, {})
    options = [(f"--extra {extra}", extras.get(extra, ())) for extra in project.pyproject.settings.extras]
    options += [(f"--group {group}", edges) for group, edges in groups.items()]
    tools = {edge.name: option for option, edges in options for edge in edges if edge.name in _HOOK_COMMANDS}
    if tools:
        adoption.write(HOOKS, _hooks_text(tools))


def _hooks_text(tools: Mapping[str, str]) -> str:
    """Return the text of `.pre-commit-config.yaml`; `tools` maps a tool to the option with which uv installs it."""
    entries = [
        _HOOK.format(
            id="-".join(command.split()[:2]) if " " in command else command, option=tools[tool], command=command
        )
        for tool, commands in _HOOK_COMMANDS.items()
        if tool in tools
        for command in commands
    ]
    return _HOOKS + "".join(entries)


def find_kept_hooks(adoption: Adoption) -> Iterator[KeptFile]:
    """Yield the project's hooks that run another version of a tool than the locked one, or that can't be read."""
    try:
        differences = [*hooks_unlike_lock(read_hooks(adoption.scratch), adoption.project.lock)]
    except EvenfallError as error:
        differences = [error.message.removeprefix(f"{HOOKS}: ")]
    for difference in differences:
        yield KeptFile(path=HOOKS, difference=difference)


def write_gitignore(adoption: Adoption) -> None:
    """Make git ignore the folders that the sessions write."""
    ignored = {rule.path for rule in ignore_rules(adoption.scratch, [f"{folder}x" for folder in IGNORED])}
    missing = [f"/{folder}\n" for folder in IGNORED if f"{folder}x" not in ignored]
    if missing:
        adoption.append(".gitignore", "".join(missing))

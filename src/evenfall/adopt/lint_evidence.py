"""What a project's own files show of its linters: the commands in workflows and scripts, and the tools that hooks run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from evenfall.adopt.own_commands import UNKNOWN, OwnCommand, own_commands
from evenfall.project.lint_command import LintCommand, LintTool, find_tool
from evenfall.project.precommit_config import Hook, read_hooks
from evenfall.project.shell import shell_commands

_LAUNCHERS = (
    *("uvx", "uv run", "uv tool run", "pipx run", "npx", "xvfb-run"),
    *("poetry run", "pdm run", "hatch run", "rye run", "pixi run", "pipenv run"),
)
_OPTIONS_WITH_VALUE = frozenset(
    {
        *("--with", "--with-editable", "--with-requirements", "--group", "--only-group", "--no-group", "--extra"),
        *("--python", "-p", "--from", "--package", "--index", "--default-index", "--env-file", "--resolution", "-e"),
        *("--spec", "--no-extra", "--exclude-newer", "--environment", "--project", "--color"),
    }
)
_RUNNERS = {
    "makefile": ("make",),
    "justfile": ("just",),
    "tox.ini": ("tox",),
    "tox.toml": ("tox",),
    "noxfile.py": ("nox",),
    "tasks.py": ("invoke", "inv"),
    "pyproject.toml": ("poe", "poethepoet", "hatch", "pdm", "task", "pixi", "tox"),
}
"""The programs that run the commands of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCommand:
    """A command that checks code, the file that has it, whether CI runs it, and the version of its tool that it asks for."""

    command: LintCommand
    file: str
    in_ci: bool
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintEvidence:
    """The commands, the names of the tools that pre-commit hooks run, and the commands that only their own file can run."""

    commands: tuple[FoundCommand, ...]
    hooks: tuple[str, ...]
    unreadable: tuple[OwnCommand, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing shows which linters the project runs."""
        return not (self.commands or self.hooks or self.unreadable)

    @property
    def unreadable_tools(self) -> tuple[str, ...]:
        """The names of the tools in the unreadable commands."""
        tools = (find_tool(without_launcher(own.command.words)[0]) for own in self.unreadable)
        return tuple(tool.name for tool in tools if tool)

    @property
    def chosen(self) -> tuple[FoundCommand, ...]:
        """The commands for the session `lint`: for each tool those that CI runs, or else those of scripts unless a hook runs the tool.

        The session `precommit` runs the hooks.
        """
        by_ci = {found.command.name for found in self.commands if found.in_ci}
        chosen = (
            found
            for found in self.commands
            if found.in_ci or (found.command.name not in by_ci and found.command.name not in self.hooks)
        )
        unique: dict[tuple[str, ...], FoundCommand] = {}
        for found in chosen:
            words = found.command.check
            key = sorted(words[2:] if "-m" in words[1:2] else words)
            unique.setdefault((found.command.shell.folder, *key), found)
        return tuple(unique.values())


def find_lint_evidence(root: Path) -> LintEvidence:
    """Return what the files of the project in `root` show. Raises `EvenfallError` (usage) as `read_hooks` does."""
    commands = own_commands(root)
    hooks = [hook for repository in read_hooks(root) for hook in repository.hooks if _runs_at_commit_or_push(hook)]
    hook_targets = {target for hook in hooks for target in _targets(hook)}
    hook_tools = [tool.name for hook in hooks for tool in _tools_of(hook)]
    steps = [{posixpath.basename(word) for word in own.command.words} for own in commands if own.is_step]
    found: list[FoundCommand] = []
    unreadable: list[OwnCommand] = []
    for own in commands:
        words, version = without_launcher(own.command.words)
        if not _checks_code(words):
            continue
        if _needs_its_file([*words, own.command.folder]):
            unreadable.append(own)
            continue
        command = LintCommand(replace(own.command, words=words))
        if own.targets & hook_targets:
            hook_tools.append(command.name)
        in_ci = own.is_step or any(_runs(step, own) for step in steps)
        found.append(FoundCommand(command=command, file=own.file, in_ci=in_ci, version=version))
    return LintEvidence(commands=tuple(found), hooks=tuple(dict.fromkeys(hook_tools)), unreadable=tuple(unreadable))


def _runs(step: Set[str], own: OwnCommand) -> bool:
    """Return whether a step with these words runs a command of another file."""
    name = posixpath.basename(own.file)
    runners = _RUNNERS.get(name.lower(), (name,))
    return bool(step & {*runners}) and (not own.targets or bool(step & own.targets))


def _checks_code(words: Sequence[str]) -> bool:
    """Return whether a command checks code and can fail. The session `precommit` runs the hooks, except those of other stages."""
    tool = find_tool(words)
    if tool is None or "--exit-zero" in words:
        return False
    if tool.package in {"pre-commit", "prek"}:
        stages = {word for option, word in pairwise(words) if option in {"--hook-stage", "--stage"}}
        return bool(stages - {"commit", "pre-commit", "push", "pre-push"})
    return True


def _needs_its_file(words: Iterable[str]) -> bool:
    """Return whether a command has values that only its own file knows, or installs packages while it runs."""
    return any(UNKNOWN in word or "$" in word or "`" in word or word == "--install-types" for word in words)


def without_launcher(words: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return a command without `uv run` and the like, and the version that it asks for: `ruff@0.9` asks for 0.9."""
    rest, version = [*words], ""
    while launcher := next((name for name in _LAUNCHERS if rest[: len(name.split())] == name.split()), None):
        rest = rest[len(launcher.split()) :]
        while rest and rest[0].startswith("-"):
            option = rest.pop(0)
            if option in {"-m", "--module"}:
                rest.insert(0, "python")
                rest.insert(1, "-m")
                break
            value = rest.pop(0) if option in _OPTIONS_WITH_VALUE and rest else ""
            if option in {"--from", "--spec"}:
                version = value.partition("==")[2] or value.partition("@")[2]
        if rest and launcher == "hatch run":
            rest[0] = rest[0].rpartition(":")[2]
    if rest:
        name, _, given = posixpath.basename(rest[0].removesuffix(".exe")).partition("@")
        rest[0], version = name, given or version
    return tuple(rest), version if re.fullmatch(r"\d[\w.]*", version) else ""


def _runs_at_commit_or_push(hook: Hook) -> bool:
    return not hook.stages or bool({"pre-commit", "commit", "pre-push", "push"} & {*hook.stages})


def _targets(hook: Hook) -> tuple[str, ...]:
    """Return the targets of the Makefile that a hook runs."""
    words = hook.entry.split()
    return tuple(words[words.index("make") + 1 :]) if "make" in words else ()


def _tools_of(hook: Hook) -> Iterator[LintTool]:
    """Yield the tools that a hook runs, by its entry or its id."""
    entry = [words for command in shell_commands(hook.entry) for words in [without_launcher(command.words)[0]]]
    name = {"ruff": "ruff check", "black-jupyter": "black"}.get(hook.id, hook.id)
    for words in (*entry, name.split(), name.split("-", 1)):
        if tool := find_tool(words):
            yield tool

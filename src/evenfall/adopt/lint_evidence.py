"""What a project's own files show of its linters: the commands in workflows and scripts, and the tools that hooks run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from evenfall.adopt.own_commands import UNKNOWN, OwnCommand, own_commands
from evenfall.adopt.script import started
from evenfall.adopt.task import Task
from evenfall.project.lint_command import LintCommand, LintTool, find_tool
from evenfall.project.precommit_config import Hook, read_hooks


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
        tools = (find_tool(own.program.words) for own in self.unreadable)
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
    hooks = [hook for repository in read_hooks(root) for hook in repository.hooks if _runs_at_commit_or_push(hook)]
    found: list[FoundCommand] = []
    unreadable: dict[tuple[str, str], OwnCommand] = {}
    for own in own_commands(root):
        words = own.program.words
        if not _checks_code(words):
            continue
        if _needs_its_file([*words, own.command.folder]):
            unreadable.setdefault((own.file, own.text), own)
            continue
        command = LintCommand(replace(own.command, words=words))
        found.append(FoundCommand(command=command, file=own.file, in_ci=bool(own.job), version=own.program.version))
    names = dict.fromkeys(tool.name for hook in hooks for tool in _tools_of(root, hook))
    return LintEvidence(commands=tuple(found), hooks=tuple(names), unreadable=tuple(unreadable.values()))


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


def _runs_at_commit_or_push(hook: Hook) -> bool:
    return not hook.stages or bool({"pre-commit", "commit", "pre-push", "push"} & {*hook.stages})


def _tools_of(root: Path, hook: Hook) -> Iterator[LintTool]:
    """Yield the tools that a hook runs, by its entry or its id."""
    entry = (each.program.words for each in started(root, Task(name=hook.id, script=hook.entry), {}))
    name = {"ruff": "ruff check", "black-jupyter": "black"}.get(hook.id, hook.id)
    for words in (*entry, name.split(), name.split("-", 1)):
        if tool := find_tool(words):
            yield tool

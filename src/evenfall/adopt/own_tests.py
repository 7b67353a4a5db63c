"""The command with which a project runs its tests today: in its workflows or scripts, else `uv run pytest`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.adopt.own_commands import UNKNOWN, OwnCommand, own_commands
from evenfall.project.project import Project
from evenfall.project.pytest_config import TAKES_VALUE
from evenfall.project.shell import ShellCommand

_FLAGS = frozenset({"--all-extras", "--all-groups", "--no-dev", "--only-dev", "--no-default-groups"})
_VALUES = frozenset({"--group", "--only-group", "--no-group", "--extra", "--no-extra", "--with"})
_SELECTION = re.compile(r"(?!-)|-[kmcpo]|--(?:ignore|deselect|doctest|import-mode|override|rootdir)")
"""The start of an argument that can change which tests pytest collects: a path, or an option."""
_REPORTS = ("--cov", "--no-cov")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTestCommand:
    """A command that runs pytest with uv: its file, its folder, what uv installs for it, and the arguments of pytest.

    `module_path` is its PYTHONPATH.
    """

    file: str = ""
    folder: str = "."
    module_path: str = ""
    options: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The command as one line."""
        variables = (("PYTHONPATH", self.module_path),) if self.module_path else ()
        return ShellCommand(words=("uv", "run", *self.options, "pytest", *self.arguments), variables=variables).text

    @property
    def selects_tests(self) -> bool:
        """Whether the arguments can change which tests are collected."""
        rest = iter(self.arguments)
        for argument in rest:
            if _SELECTION.match(argument):
                return True
            if TAKES_VALUE.fullmatch(argument):
                next(rest, None)
        return False

    def groups(self, project: Project) -> frozenset[str]:
        """Return the normalized names of the groups that uv installs for the command."""
        groups = project.dependency_groups
        only = {*self._values("--only-group"), *(["dev"] if "--only-dev" in self.options else [])}
        if only:
            return frozenset(only)
        has_default = "--no-default-groups" not in self.options
        names = {*groups.names} if "--all-groups" in self.options else {*groups.default} if has_default else set()
        if "--no-dev" in self.options:
            names -= {"dev"}
        return frozenset((names | self._values("--group")) - self._values("--no-group"))

    def extras(self, known: Iterable[str]) -> frozenset[str]:
        """Return the normalized names of the extras that uv installs for the command, of those that the project has."""
        names = {*known} if "--all-extras" in self.options else self._values("--extra") & {*known}
        return frozenset(names - self._values("--no-extra"))

    @property
    def adds_packages(self) -> bool:
        """Whether it installs packages that are not locked."""
        return "--with" in self.options

    def _values(self, option: str) -> set[str]:
        pairs = zip(self.options, self.options[1:], strict=False)
        return {canonicalize_name(value) for name, value in pairs if name == option}


def find_test_command(root: Path) -> OwnTestCommand:
    """Return the first command of the project's files that runs pytest with uv, with what `uv sync` in the same job or file installs."""
    commands = own_commands(root)
    for own in commands:
        if own.program.name in {"pytest", "py.test"} and _is_inside(root, own.command.folder):
            nearby = (each for each in commands if (each.job == own.job if own.job else each.file == own.file))
            installed = [other for other in nearby if other.command.words[0] == "uv"]
            if installed:
                return OwnTestCommand(
                    file=own.file,
                    folder=own.command.folder,
                    module_path=dict(own.command.variables).get("PYTHONPATH", ""),
                    options=tuple(_options(installed, own)),
                    arguments=tuple(_arguments(own)),
                )
    return OwnTestCommand()


def _is_inside(root: Path, folder: str) -> bool:
    return not folder.startswith(("/", "..")) and (root / folder).is_dir()


def _options(installed: Iterable[OwnCommand], own: OwnCommand) -> Iterator[str]:
    """Yield the options of the command itself, or else of `uv sync`, because `uv run` removes what it does not name."""
    for other in installed:
        if other is own or other.command.words[1:2] == ("sync",):
            yield from _install_options(other.command.words)


def _install_options(words: Sequence[str]) -> Iterator[str]:
    rest = iter(words[2:])
    for word in rest:
        name, has_value, value = word.partition("=")
        if word in _FLAGS:
            yield word
        elif name in _VALUES:
            value = value if has_value else next(rest, UNKNOWN)
            if UNKNOWN not in value:
                yield from (name, value)
        elif not word.startswith("-"):
            break


def _arguments(own: OwnCommand) -> Iterator[str]:
    """Yield the arguments of pytest that are known, without those that only report."""
    known = (word for word in own.program.arguments if UNKNOWN not in word and not re.match(r"\$(?:\W|\w|$)", word))
    yield from (word for word in known if not word.startswith(_REPORTS))

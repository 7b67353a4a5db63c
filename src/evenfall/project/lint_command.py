"""The commands that check code: the tools that Evenfall knows, and how a command of one of them checks or fixes files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evenfall.errors import EvenfallError
from evenfall.project.pyproject import NAME
from evenfall.project.shell import ShellCommand, shell_commands


@dataclass(frozen=True, slots=True, kw_only=True)
class LintTool:
    """A tool: its name with its subcommand, and its package.

    A tool that changes files has `check`, the options with which it only checks, and `fix`, those with which it changes files. The
    first option of each is added to a command that has none of them. `check_only` and `fix_only` are other options that apply to one
    of the two. `flags` are letters of short options without a value, which a command can combine, as in `-ir`.
    """

    name: str
    package: str
    check: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    check_only: tuple[str, ...] = ()
    fix_only: tuple[str, ...] = ()
    repairs: bool = False
    flags: str = ""


TOOLS = (
    LintTool(
        name="ruff check",
        package="ruff",
        check=("--no-fix",),
        check_only=("--diff",),
        fix=("--fix",),
        fix_only=("--exit-non-zero-on-fix", "--fix-only", "--unsafe-fixes"),
        repairs=True,
    ),
    LintTool(
        name="isort",
        package="isort",
        check=("--check-only", "--check", "-c"),
        check_only=("--diff", "--df"),
        repairs=True,
    ),
    LintTool(
        name="ruff format",
        package="ruff",
        check=("--check", "--diff"),
        fix_only=("--exit-non-zero-on-format",),
        repairs=True,
    ),
    LintTool(name="black", package="black", check=("--check", "--diff"), repairs=True),
    LintTool(
        name="docformatter",
        package="docformatter",
        check=("--check", "-c"),
        fix=("--in-place", "-i"),
        repairs=True,
        flags="cir",
    ),
    LintTool(
        name="yapf", package="yapf", check=("--diff", "-d"), fix=("--in-place", "-i"), repairs=True, flags="dimpqr"
    ),
    LintTool(
        name="autoflake",
        package="autoflake",
        check=("--check", "-c"),
        fix=("--in-place", "-i"),
        repairs=True,
        flags="cirv",
    ),
    LintTool(name="mdformat", package="mdformat", check=("--check",), repairs=True),
    LintTool(name="codespell", package="codespell", fix_only=("--write-changes", "-w")),
    *(
        LintTool(name=name, package=package)
        for name, package in (
            ("flake8", "flake8"),
            ("pylint", "pylint"),
            ("mypy", "mypy"),
            ("dmypy run", "mypy"),
            ("stubtest", "mypy"),
            ("pyright", "pyright"),
            ("basedpyright", "basedpyright"),
            ("ty check", "ty"),
            ("pyrefly check", "pyrefly"),
            ("pyrefly coverage", "pyrefly"),
            ("zuban check", "zuban"),
            ("zuban mypy", "zuban"),
            ("lint-imports", "import-linter"),
            ("bandit", "bandit"),
            ("deptry", "deptry"),
            ("vulture", "vulture"),
            ("interrogate", "interrogate"),
            ("pycodestyle", "pycodestyle"),
            ("pydocstyle", "pydocstyle"),
            ("pyflakes", "pyflakes"),
            ("pydoclint", "pydoclint"),
            ("slotscheck", "slotscheck"),
            ("typos", "typos"),
            ("yamllint", "yamllint"),
            ("djlint", "djlint"),
            ("doc8", "doc8"),
            ("rstcheck", "rstcheck"),
            ("sphinx-lint", "sphinx-lint"),
            ("validate-pyproject", "validate-pyproject"),
            ("check-manifest", "check-manifest"),
            ("reuse lint", "reuse"),
            ("pre-commit run", "pre-commit"),
            ("prek run", "prek"),
        )
    ),
)
"""In the order in which fixes must run: after Ruff removes code, imports must be sorted and lines formatted."""

_BY_NAME = {tool.name: tool for tool in TOOLS}


def find_tool(words: Sequence[str]) -> LintTool | None:
    """Return the tool that a command runs, such as `python -m ruff check src`. Return None for another command."""
    arguments = [*words]
    if len(arguments) > 2 and re.fullmatch(r"python[\d.]*", arguments[0]) and arguments[1] == "-m":
        arguments = [arguments[2].replace("mypy.stubtest", "stubtest").replace("_", "-"), *arguments[3:]]
    if not arguments or {"--version", "-V", "--help", "-h"} & {*arguments[1:]}:
        return None
    # Options may come before the subcommand.
    subcommand = next((word for word in arguments[1:] if not word.startswith("-")), "")
    return _BY_NAME.get(f"{arguments[0]} {subcommand}") or _BY_NAME.get(arguments[0])


@dataclass(frozen=True, slots=True)
class LintCommand:
    """A command that checks code, and its tool if Evenfall knows that."""

    shell: ShellCommand

    @property
    def tool(self) -> LintTool | None:
        """The tool that it runs, or None for another program."""
        return find_tool(self.shell.words)

    @property
    def name(self) -> str:
        """The name of the tool, or of the program."""
        return self.tool.name if self.tool else self.shell.words[0]

    @property
    def check(self) -> tuple[str, ...]:
        """The words of the command that only checks."""
        tool = self.tool
        return self._words(tool.check, drop=(*tool.fix, *tool.fix_only)) if tool else self.shell.words

    @property
    def setting(self) -> str:
        """The line for `[tool.evenfall.lint] commands`: the command that only checks, as the project writes it."""
        words = tuple(word for word in self.check if word != "--no-fix" or word in self.shell.words)
        return replace(self.shell, words=words).text

    @property
    def fix(self) -> tuple[str, ...]:
        """The words of the command that changes the files that this one checks; empty if its tool changes none."""
        tool = self.tool
        return self._words(tool.fix, drop=(*tool.check, *tool.check_only)) if tool and tool.repairs else ()

    def _split(self, word: str) -> tuple[str, ...]:
        """Return the options that a word such as `-ir` combines, or the word."""
        flags = self.tool.flags if self.tool else ""
        is_combined = len(word) > 2 and word.startswith("-") and {*word[1:]} <= {*flags}
        return tuple(f"-{letter}" for letter in word[1:]) if is_combined else (word,)

    def _words(self, options: tuple[str, ...], *, drop: tuple[str, ...]) -> tuple[str, ...]:
        """Return the command without the options in `drop`, and with the first of `options` if it has none of them."""
        words = [word for given in self.shell.words for word in self._split(given) if word not in drop]
        if options and not {*options} & {*words}:
            last = self.name.rpartition(" ")[2]
            position = next(index for index, word in enumerate(words) if word.replace("_", "-") == last)
            words.insert(position + 1, options[0])
        return tuple(words)


def parse_command(text: str) -> LintCommand:
    """Return the command of a line such as `cd docs && MYPYPATH=src mypy --strict .`.

    Raises `EvenfallError` (usage) if the line has another number of commands.
    """
    found = [*shell_commands(text)]
    if len(found) != 1:
        raise EvenfallError(
            f"{NAME}: tool.evenfall.lint.commands: {text!r} is not one command",
            hint="write one string for each command",
        )
    return LintCommand(found[0])

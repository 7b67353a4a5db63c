"""The program that a command of a script runs, without what only starts it: `uv run --group test python -m pytest -x` runs pytest."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from evenfall.project.shell import ShellCommand, shell_commands, without_comment

_LAUNCHER_NAMES = (
    "uv tool run, uv run, uvx, pipx run, poetry run, pdm run, rye run, pipenv run, pixi run, conda run, micromamba run, mamba run, "
    "npx, xvfb-run, nohup, stdbuf, catchsegv, dbus-run-session, arch, nice, xargs, timeout, gtimeout, python, coverage run, $? run"
)
_LAUNCHERS = [name.split() for name in _LAUNCHER_NAMES.split(", ")]
_MODULE_LAUNCHERS = frozenset({"python", "coverage", "$?"})
"""Launchers that start a program only with `-m`; without it they run a script of their own."""
_OPTIONS_WITH_VALUE = re.compile(
    r"--(?:with(?:-editable|-requirements)?|(?:only-|no-)?group|(?:no-)?extra|from|spec|python(?:-platform)?|package|index(?:-url)?"
    r"|default-index|env-file|resolution|prerelease|exclude-newer|environment|project|directory|color|link-mode|cache-dir|refresh-package"
    r"|rcfile|source|omit|include|context|data-file|concurrency|pip-args|kill-after)|-[eknpsCWX]"
)
_MODULE = re.compile(r"--module|-[bBdEiIOPqsSuvx]*m")
"""The option that starts a module, as in `python -Im pytest`."""
_PYTHON = re.compile(r"(?:python|pypy|graalpy|py)[\d.t]*")
_NAMED_PYTHON = re.compile(r"python(\d\.\d+t?)|((?:pypy|graalpy)\d[\d.]*)")
_HERE_DOCUMENT = re.compile(r"(?<!<)<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")
_READS_INPUT = re.compile(r"(?<![\w.-])(python[\d.]*|bash|sh)\s*(?=[|;&)]|$)")
"""A program that runs what it reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program without its folder, its arguments, and the command with it.

    `launchers` are the words in front of it, `python` is the version of Python that one of them names, and `version` that of the
    program: `uvx ruff@0.9` asks for 0.9.
    """

    name: str
    arguments: tuple[str, ...]
    command: ShellCommand
    launchers: tuple[str, ...] = ()
    python: str = ""
    version: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The command without its launchers, except `python -m`, which finds modules in the folder."""
        if self.launchers and _MODULE.fullmatch(self.launchers[-1]):
            return ("python", "-m", *self.command.words[len(self.command.words) - len(self.arguments) - 1 :])
        return (self.name, *self.arguments)

    @property
    def subcommand(self) -> str:
        """The first argument that is not an option."""
        return next((word for word in self.arguments if not word.startswith(("-", "+"))), "")

    @property
    def text(self) -> str:
        """The program and its arguments on one line."""
        return " ".join((self.name, *self.arguments))


def programs(script: str) -> Iterator[Program]:
    """Yield the programs that a script runs, in order. What can't be read as a shell reads it is a program of its own."""
    lines, rest = _lines(script)
    for command in shell_commands("\n".join(lines)):
        if command.words[0] not in {"then", "fi", "done"}:
            yield program_of(command)
    if rest:
        yield Program(name=rest.split()[0], arguments=tuple(rest.split()[1:]), command=ShellCommand(words=(rest,)))


def program_of(command: ShellCommand) -> Program:
    """Return the program that a command runs."""
    rest, launchers, python, version = [*command.words], [], "", ""
    while True:
        if named := _NAMED_PYTHON.fullmatch(posixpath.basename(rest[0]).removesuffix(".exe")):
            python = named[1] or named[2]
        rest[0] = _base_name(rest[0])
        launcher = next((words for words in _LAUNCHERS if rest[: len(words)] == words), None)
        if launcher is None:
            break
        inner, given = _started(rest[len(launcher) :], launcher[0])
        if not inner:
            break
        words = rest[: len(rest) - len(inner)]
        launchers += words
        # A module or a tool may be named like its import, and with a version.
        name, _, asked = inner[0].partition("@")
        asked = asked or next((v.partition("==")[2] for o, v in pairwise(words) if o in {"--from", "--spec"}), "")
        version = asked if re.fullmatch(r"\d[\w.]*", asked) else version
        rest, python = [name.replace("_", "-") if "/" not in inner[0] else inner[0], *inner[1:]], given or python
    return Program(
        name=rest[0],
        arguments=tuple(rest[1:]),
        command=command,
        launchers=tuple(launchers),
        python=python,
        version=version,
    )


def _base_name(word: str) -> str:
    """Return the name of a program in a folder for programs, such as `.venv/bin/pytest`. A script keeps its path."""
    folder, _, name = word.rpartition("/")
    name = name.removesuffix(".exe")
    if _PYTHON.fullmatch(name):
        return "python"
    return name if posixpath.basename(folder) in {"", "bin", "Scripts"} and ".sh" not in name else word


def _started(words: list[str], launcher: str) -> tuple[list[str], str]:
    """Return the words after the options of a launcher, and the Python that these name; no words if it starts no other program."""
    rest, python = [*words], ""
    while rest and (rest[0].startswith("-") or (launcher.endswith("timeout") and re.match(r"[\d$]|$", rest[0]))):
        name, _, value = rest.pop(0).partition("=")
        if _MODULE.fullmatch(name):
            return rest, python
        has_value = _OPTIONS_WITH_VALUE.fullmatch(name) or (launcher == "xargs" and name in {"-I", "-L", "-P", "-d"})
        if not value and has_value and rest:
            value = rest.pop(0)
        if name in {"--python", "-p"}:
            python = value
    return ([], "") if launcher in _MODULE_LAUNCHERS else (rest, python)


def _lines(script: str) -> tuple[list[str], str]:
    """Return the lines of a script, each with the next ones while a quote is open, and what follows a quote that stays open.

    Here documents are left out. A program that runs one has the argument `-`.
    """
    lines: list[str] = []
    pending, end = "", ""
    script = script.replace("\\\r\n", " ").replace("\\\n", " ")
    # A backslash in a word without quotes is one of a path on Windows, where PowerShell runs the script.
    backslash = r"('[^'\n]*'|\"[^\"\n]*\")|(?<=[\w.])\\(?=\w)"
    all_lines = re.sub(backslash, lambda match: match[1] or "/", script).splitlines()
    last = {line.strip(): number for number, line in enumerate(all_lines)}
    for number, line in enumerate(all_lines):
        if end:
            end = "" if line.strip() == end else end
            continue
        text = without_comment(f"{pending} {line}" if pending else line)
        try:
            shlex.split(text)
        except ValueError:
            pending = text
            continue
        here = _HERE_DOCUMENT.search(text)
        if here and last.get(here[2], 0) > number:
            end = here[2]
            text = _READS_INPUT.sub(r"\1 - ", text.replace(here[0], ""))
        lines.append(text)
        pending = ""
    return lines, pending.strip()

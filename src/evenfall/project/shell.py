"""The simple commands of a shell script: what runs, in which folder, with which variables, and whether its failure fails the script."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

_KEYWORDS = frozenset({"!", "command", "do", "elif", "else", "env", "exec", "if", "sudo", "then", "time", "while"})
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_IGNORES_FAILURE = frozenset({":", "echo", "true"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellCommand:
    """A command: its words, its variables, and its folder relative to the one in which the script starts."""

    words: tuple[str, ...]
    folder: str = "."
    variables: tuple[tuple[str, str], ...] = ()
    is_required: bool = True

    @property
    def text(self) -> str:
        """The command as one line of a shell."""
        change = f"cd {shlex.quote(self.folder)} && " if self.folder != "." else ""
        variables = (f"{name}={shlex.quote(value)} " for name, value in self.variables)
        return f"{change}{''.join(variables)}{shlex.join(self.words)}"


def shell_commands(script: str) -> Iterator[ShellCommand]:
    """Yield the commands of a script in their order. A line that is not valid in a shell is left out.

    It follows `cd`, `&&`, `;`, pipes, redirections and `sh -c`; it expands nothing.
    """
    folder = "."
    for line in script.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        for tokens, operator, following in _parts(line):
            words, variables = _words(tokens)
            if not words:
                continue
            if words[0] == "cd" and len(words) == 2:
                folder = posixpath.normpath(posixpath.join(folder, words[1]))
            elif words[0] in {"bash", "sh"} and "-c" in words[1:-1]:
                yield from shell_commands(f"cd {shlex.quote(folder)}\n{words[words.index('-c') + 1]}")
            else:
                is_ignored = operator == "||" and following in _IGNORES_FAILURE
                yield ShellCommand(words=words, folder=folder, variables=variables, is_required=not is_ignored)


def _parts(line: str) -> Iterator[tuple[list[str], str, str]]:
    """Yield the tokens of each command in a line, the operator that ends it, and the first token after that."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        tokens = [*lexer]
    except ValueError:  # an open quote
        return
    part: list[str] = []
    for index, token in enumerate(tokens):
        if token in {"&&", "||", ";", "|", "&", ";;"}:
            yield part, token, "".join(tokens[index + 1 : index + 2])
            part = []
        elif token not in {"(", ")"}:
            part.append(token)
    yield part, "", ""


def _words(tokens: list[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return the words and the variables of a command, without keywords and redirections."""
    words: list[str] = []
    variables: list[tuple[str, str]] = []
    rest = iter(tokens)
    for token in rest:
        if {*token} <= {*"<>&"} and {*token} & {*"<>"}:
            if words and re.fullmatch(r"\d", words[-1]):
                words.pop()
            next(rest, None)
        elif not words and token in _KEYWORDS:
            continue
        elif not words and (assigned := _ASSIGNMENT.fullmatch(token)):
            variables.append((assigned[1], assigned[2]))
        else:
            words.append(token)
    return tuple(words), tuple(variables)

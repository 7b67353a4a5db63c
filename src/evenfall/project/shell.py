"""The simple commands of a shell script: what runs, in which folder, with which variables, and whether its failure fails the script."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

_KEYWORDS = frozenset(
    {"!", "command", "do", "elif", "else", "env", "exec", "if", "sudo", "then", "time", "until", "while", "{", "}"}
)
_OPTIONS_WITH_VALUE = frozenset({"-C", "-g", "-u", "--chdir", "--group", "--unset", "--user"})
"""Options of `env` and `sudo` with a value."""
_QUOTED = r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\."
_CODE = re.compile(rf"(?:{_QUOTED}|[^'\"\\#]|(?<=[^\s;&|()])#)*", re.DOTALL)
"""A line up to its comment, which starts with a `#` at the start of a word."""
_DESCRIPTOR = re.compile(rf"({_QUOTED})|(?<![^\s;&|()])\d+(?=[<>])", re.DOTALL)
"""A quoted text, or the number right before a redirection."""
_OPERATOR = re.compile(r"\(\)|&?[<>]+[&|]?|&&|\|\||;;|[();|&]")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_IGNORES_FAILURE = frozenset({":", "echo", "true"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellCommand:
    """A command: its words, its variables, and its folder relative to the one in which the script starts.

    `keywords` are the words of the shell in front of it, such as `if` and `!`.
    """

    words: tuple[str, ...]
    folder: str = "."
    variables: tuple[tuple[str, str], ...] = ()
    is_required: bool = True
    keywords: tuple[str, ...] = ()

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
            words, variables, keywords = _words(tokens)
            if not words:
                continue
            if words[0] == "cd" and len(words) == 2:
                folder = posixpath.normpath(posixpath.join(folder, words[1]))
            elif words[0] in {"bash", "sh"} and "-c" in words[1:-1]:
                yield from shell_commands(f"cd {shlex.quote(folder)}\n{words[words.index('-c') + 1]}")
            elif words[0] == "eval" and not re.search(r"\$\(|`", " ".join(words)):
                yield from shell_commands(f"cd {shlex.quote(folder)}\n{' '.join(words[1:])}")
            else:
                is_ignored = operator == "||" and following in _IGNORES_FAILURE
                yield ShellCommand(
                    words=words, folder=folder, variables=variables, is_required=not is_ignored, keywords=keywords
                )


def without_comment(line: str) -> str:
    """Return a line without its comment. A `#` inside a word, as in `${TAG#v}` or `$#`, starts none."""
    end = _CODE.match(line).end()  # type: ignore[union-attr]  # it matches the empty text, too
    return line[:end] if line[end : end + 1] == "#" else line


def _parts(line: str) -> Iterator[tuple[list[str], str, str]]:
    """Yield the tokens of each command in a line, the operator that ends it, and the first token after that."""
    code = _DESCRIPTOR.sub(lambda match: match[1] or "", without_comment(line))
    lexer = shlex.shlex(code, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = [
            part for token in lexer for part in (_OPERATOR.findall(token) if {*token} <= {*"();<>|&"} else [token])
        ]
    except ValueError:  # an open quote
        return
    part: list[str] = []
    for index, token in enumerate(tokens):
        if token in {"&&", "||", ";", "|", "&", ";;"}:
            yield part, token, "".join(tokens[index + 1 : index + 2])
            part = []
        elif token == "()":  # noqa: S105 - the name of a function is not a command
            part = []
        elif token not in {"(", ")"}:
            part.append(token)
    yield part, "", ""


def _words(tokens: list[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the words, the variables and the keywords of a command, without redirections."""
    words: list[str] = []
    keywords: list[str] = []
    variables: list[tuple[str, str]] = []
    rest = iter(tokens)
    for token in rest:
        if re.fullmatch(r"&?[<>]+[&|]?", token):
            next(rest, None)
        elif not words and token in _KEYWORDS:
            keywords.append(token)
        elif not words and keywords[-1:] in (["env"], ["sudo"], ["time"]) and token.startswith("-"):
            if token in _OPTIONS_WITH_VALUE:
                next(rest, None)
        elif not words and (assigned := _ASSIGNMENT.fullmatch(token)):
            variables.append((assigned[1], assigned[2]))
        else:
            words.append(token)
    return tuple(words), tuple(variables), tuple(keywords)

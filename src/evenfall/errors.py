"""The one exception of Evenfall: "cannot go on".

What is wrong with a user's project is a value (`evenfall.findings.Finding`); this is for when there is no value to give.
"""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Iterable
from enum import IntEnum

FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
"""What the system says of a disk, or a share of it, that is full."""


class Exit(IntEnum):
    """What the command answers to its shell."""

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    UNKNOWN = 3
    BUG = 70
    INTERRUPTED = 130


class EvenfallError(Exception):
    """Cannot go on: what is wrong and where, and the next command to run.

    `exit_code` is `Exit.USAGE` for wrong usage or configuration and `Exit.UNKNOWN` where something could not be found
    out (a tool, the network or data is missing).
    """

    def __init__(self, message: str, *, hint: str = "", exit_code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        return printable(f"{self.message}\n  next: {self.hint}" if self.hint else self.message)


def printable(text: str) -> str:
    """Text that may come from a repository, without what a terminal would obey: control characters become escapes."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def without_password(text: str) -> str:
    """Addresses without who asks and with which password, which may hold an @ too; the user of ssh is no secret, and needed."""
    return re.sub(r"(ssh://[^/\s:@]*+)[^/\s]*(@)|(://)[^/\s]*@", r"\1\2\3", text)


def one_line(text: str) -> str:
    """As `printable`, and on one line: text from a repository can't pass for a line of ours."""
    return " ".join(printable(text).split())


def meant(name: str, known: Iterable[str]) -> str:
    """A did-you-mean for an unknown name, or what there is: `; did you mean 'tests'?`"""
    names = tuple(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is {', '.join(names)}"

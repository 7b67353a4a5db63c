"""The one exception of Evenfall: "cannot go on".

What is wrong with a user's project is a value (`evenfall.findings.Finding`); this is for when there is no value to give.
"""

from __future__ import annotations

import errno
from enum import IntEnum

from evenfall.text import printable

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

"""Evenfall's one exception, and its exit codes.

A problem in the user's project is a value (`evenfall.findings.Finding`). The exception means that Evenfall cannot go on.
"""

from __future__ import annotations

import errno
from enum import IntEnum

from evenfall.text import printable

DISK_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
"""The error numbers of a full disk and of an exceeded quota."""


class Exit(IntEnum):
    """The exit codes of the command."""

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    UNKNOWN = 3
    BUG = 70
    INTERRUPTED = 130


class EvenfallError(Exception):
    """Evenfall cannot go on. The message names location and problem; the hint is the next command to run.

    `exit_code` is `Exit.USAGE` for wrong usage or configuration, and `Exit.UNKNOWN` if a result could not be found out because a
    tool, the network or data is missing.
    """

    def __init__(self, message: str, *, hint: str = "", exit_code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        return printable(f"{self.message}\n  next: {self.hint}" if self.hint else self.message)

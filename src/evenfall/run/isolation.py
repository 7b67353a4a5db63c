"""The kinds of isolation that this machine can give a job."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Isolation(Enum):
    """How a job is kept apart from the user's machine."""

    NAMESPACES = "namespaces"
    """Own file system, process list, host name and user name, built up from what a runner has."""

    LANDLOCK = "Landlock"
    """The user's file system, of which only the system folders and the paths that a job needs can be read."""

    NONE = "none"
    """The user's file system; a job has an own HOME and an own folder for temporary files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedIsolation:
    """The isolation that jobs get. `reason` says why it is not a better kind, and `line` what stays visible; both may be empty."""

    kind: Isolation
    reason: str = ""
    line: str = ""

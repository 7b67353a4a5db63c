"""The outcome of a cell. A union, so that `match` with `assert_never` can prove that none was forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Passed:
    """The cell ran and nothing was wrong."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The cell ran and something was wrong."""

    reason: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """The cell ran, and what it would need to know is missing."""

    missing: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The cell did not run: it passed before, and nothing that it may depend on has changed since."""

    since: datetime


@dataclass(frozen=True, slots=True)
class NotMirrored:
    """The cell can't run on this machine."""

    reason: str


Verdict = Passed | Failed | Undecided | Unchanged | NotMirrored

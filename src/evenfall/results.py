"""The job_result of a job. A union, so that `match` with `assert_never` can prove that none was forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Passed:
    """The job ran and nothing was wrong."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ran and something was wrong."""

    reason: str


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """The job ran, and what it would need to know is missing."""

    missing: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The job did not run: it passed before, and nothing that it may depend on has changed since."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Skipped:
    """The job can't run on this machine."""

    reason: str


Result = Passed | Failed | Inconclusive | Unchanged | Skipped

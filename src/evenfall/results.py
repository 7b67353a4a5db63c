"""The results of a job, as a union: `match` with `assert_never` proves that every case is handled.

`cached` is a result of the glossary as well; it gets a class when a job's inputs are remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never


@dataclass(frozen=True, slots=True)
class Passed:
    """The job ran and found no problem."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ran and found a problem."""

    reason: str


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """The job ran, but something that it needs to decide is missing."""

    missing: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """The job cannot run on this machine."""

    reason: str


Result = Passed | Failed | Inconclusive | Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """The result of one job.

    `seconds` is the duration of the session and `setup_seconds` that of the sandbox's setup. `log` is the file with the output of
    the session, if it ran. `causes` are proven differences between this machine and CI that explain a failure.
    """

    job: str
    result: Result
    seconds: float = 0.0
    setup_seconds: float = 0.0
    log: Path | None = None
    notes: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The name of the result: "passed", "failed", "inconclusive" or "skipped"."""
        return type(self.result).__name__.lower()

    @property
    def reason(self) -> str:
        """The reason for the result; may be empty if the job passed."""
        match self.result:
            case Passed(reason) | Failed(reason) | Inconclusive(reason) | Skipped(reason):
                return reason
            case _:
                assert_never(self.result)

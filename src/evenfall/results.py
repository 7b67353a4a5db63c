"""The results of a job, as a union: `match` with `assert_never` proves that every case is handled.

`cached` is a result of the glossary as well; it gets a class when a job's inputs are remembered.
"""

from __future__ import annotations

from dataclasses import dataclass


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

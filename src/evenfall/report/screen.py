"""Who watches a run: what it tells while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from evenfall.report.job_result import JobResult


class Screen(Protocol):
    """Called from one thread at a time, except `printed`."""

    def note(self, text: str) -> None:
        """Something that is worth a line."""

    def planned(self, names: Sequence[str]) -> None:
        """The jobs that will run, in the order of the noxfile."""

    def started(self, name: str) -> None:
        """A job has its turn."""

    def printed(self, name: str, line: str) -> None:
        """The last line that a running job has printed."""

    def ended(self, job_result: JobResult) -> None:
        """A job has ended, or will not run."""

    def close(self) -> None:
        """The run is over, or was interrupted."""

"""The request to `evenfall run`, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import Exit
from evenfall.git.snapshot import SnapshotRequest
from evenfall.results import Failed, Inconclusive, JobResult, Passed


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """The options of one run.

    `root` is the project's folder, `sessions` the names that the user gave, `parallel` the number of jobs at once and `environ` the
    user's environment.
    """

    root: Path
    snapshot: SnapshotRequest
    sessions: tuple[str, ...] = ()
    exit_first: bool = False
    keep: bool = False
    verbose: bool = False
    parallel: int
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The results of all jobs in the order of the noxfile: first the jobs that ran, then the skipped ones.

    `tree` is the git tree of the snapshot. `next_step` is the command to run if all is well, `seconds` the duration of the run.
    `warnings` are problems that change no result, such as a folder that could not be removed. `machine` says in what
    this machine differs from a runner.
    """

    tree: str
    source: str
    next_step: str
    results: tuple[JobResult, ...]
    seconds: float
    warnings: tuple[str, ...]
    machine: str = ""

    @property
    def exit_code(self) -> Exit:
        """1 if a job failed; 3 if a job is inconclusive or none could run; else 0."""
        results = [job.result for job in self.results]
        if any(isinstance(result, Failed) for result in results):
            return Exit.FINDINGS
        if any(isinstance(result, Inconclusive) for result in results):
            return Exit.UNKNOWN
        return Exit.FINE if any(isinstance(result, Passed) for result in results) else Exit.UNKNOWN

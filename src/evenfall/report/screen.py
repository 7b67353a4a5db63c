"""The progress of a run on stderr: the protocol of a screen, and the screen that prints plain lines for a log, a pipe or a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from evenfall.results import Failed, Inconclusive, JobResult
from evenfall.text import one_line, plural, printable

NOT_STARTED = "not started: another job failed first (-x)"
"""The reason of an inconclusive job that `-x` kept from running."""


class Screen(Protocol):
    """Shows the events of a run. `output` is called from several threads, the other methods from one at a time."""

    def note(self, text: str) -> None:
        """Show a line of information."""

    def plan(self, jobs: Sequence[str], expected: float | None = None) -> None:
        """Show the names of the jobs that will run, in the order of the noxfile, and the expected duration in seconds if it is known."""

    def start(self, job: str) -> None:
        """Show that a job has started."""

    def output(self, job: str, line: str) -> None:
        """Show the last line of a running job's output."""

    def end(self, result: JobResult) -> None:
        """Show the result of a job that ended or will not run."""

    def close(self) -> None:
        """Stop drawing, because the run is over or was interrupted."""


class PlainScreen:
    """Prints each event as lines.

    `write` takes text that ends with a newline, and `annotate` yields more lines for a result. `noun` is what the names of the run are.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        annotate: Callable[[JobResult], Iterator[str]] | None = None,
        *,
        noun: str = "job",
    ) -> None:
        self._write = write
        self._annotate = annotate
        self._noun = noun

    def note(self, text: str) -> None:
        """Print one line."""
        self._write(f"{one_line(text)}\n")

    def plan(self, jobs: Sequence[str], expected: float | None = None) -> None:
        """Print the number, the expected duration and the names of the jobs."""
        duration = f", about {expected:.0f} s" if expected else ""
        self._write(f"{plural(len(jobs), self._noun)}{duration}: {', '.join(jobs)}\n")

    def start(self, job: str) -> None:
        """Print one line."""
        self._write(f"started {job}\n")

    def output(self, job: str, line: str) -> None:
        """Print nothing, because a log would keep every one of these lines."""

    def end(self, result: JobResult) -> None:
        """Print the output of a job without a pass, its result and its notes. The table at the end lists the jobs that did not start."""
        if is_not_started(result):
            return
        for text in output_of(result):
            self._write(text)
        self._write(f"{result_line(result)}\n")
        for note in (*result.notes, *result.causes):
            self._write(f"  {one_line(note)}\n")
        for line in self._annotate(result) if self._annotate else ():
            self._write(f"{line}\n")

    def close(self) -> None:
        """Do nothing."""


def is_not_started(result: JobResult) -> bool:
    """Return whether a job did not start because another one failed first."""
    return isinstance(result.result, Inconclusive) and result.reason == NOT_STARTED


def output_of(result: JobResult) -> Iterator[str]:
    """Yield the complete output of a failed or inconclusive job, in complete lines, after a line with the job's name."""
    if isinstance(result.result, Failed | Inconclusive) and result.log and result.log.is_file():
        yield f"──── {result.job} ────\n"
        yield from printable_lines(result.log)


def result_line(result: JobResult) -> str:
    """Return one line with the result, the job, its duration and the reason."""
    duration = f" in {result.seconds:.1f} s" if result.seconds else ""
    reason = f": {one_line(result.reason)}" if result.reason else ""
    return f"{result.word} {result.job}{duration}{reason}"


def printable_lines(path: Path, size: int = 1 << 16) -> Iterator[str]:
    """Yield a file in groups of about `size` characters of complete lines, with control characters escaped and a newline at the end."""
    with path.open(encoding="utf-8", errors="replace") as file:
        while lines := file.readlines(size):
            text = printable("".join(lines))
            yield text if text.endswith("\n") else f"{text}\n"

"""A run told in plain lines, for a log, a pipe or a hook; and what of it every screen says in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from evenfall.report.job_result import JobResult
from evenfall.results import Failed, Inconclusive
from evenfall.text import one_line, printable


class Lines:
    """Writes each event as it comes. `output` takes text that ends in a newline; `annotate` gives more lines for an job_result."""

    def __init__(
        self, output: Callable[[str], object], annotate: Callable[[JobResult], Iterator[str]] | None = None
    ) -> None:
        self._output = output
        self._annotate = annotate

    def note(self, text: str) -> None:
        """One line."""
        self._output(f"{one_line(text)}\n")

    def planned(self, names: Sequence[str]) -> None:
        """How many there are."""
        self._output(f"{len(names)} jobs: {', '.join(names)}\n")

    def started(self, name: str) -> None:
        """One line."""
        self._output(f"started {name}\n")

    def printed(self, name: str, line: str) -> None:
        """Nothing: a log wants no line that is overwritten."""

    def ended(self, job_result: JobResult) -> None:
        """A failing job's output at once and whole, then the result."""
        for piece in told(job_result):
            self._output(piece)
        for line in self._annotate(job_result) if self._annotate else ():
            self._output(f"{line}\n")

    def close(self) -> None:
        """Nothing is left to do."""


def told(job_result: JobResult) -> Iterator[str]:
    """An job_result in lines: what a failed or inconclusive job printed, its result, and the notes on it."""
    yield from output(job_result)
    yield f"{result(job_result)}\n"
    for note in job_result.notes:
        yield f"  {one_line(note)}\n"


def output(job_result: JobResult) -> Iterator[str]:
    """What a job printed that failed or is inconclusive, in whole lines."""
    if isinstance(job_result.result, Failed | Inconclusive) and job_result.printed and job_result.printed.is_file():
        yield f"──── {job_result.name} ────\n"
        yield from pieces(job_result.printed)


def result(job_result: JobResult) -> str:
    """One line: the word for it, the job, how long it lasted, and the reason."""
    lasted = f" in {job_result.seconds:.1f} s" if job_result.seconds else ""
    reason = f": {one_line(job_result.reason)}" if job_result.reason else ""
    return f"{job_result.word} {job_result.name}{lasted}{reason}"


def pieces(path: Path, size: int = 1 << 16) -> Iterator[str]:
    """A file's lines, many at a time, without what a terminal would obey; the last one ends with a newline, too."""
    with path.open(encoding="utf-8", errors="replace") as file:
        while lines := file.readlines(size):
            text = printable("".join(lines))
            yield text if text.endswith("\n") else f"{text}\n"

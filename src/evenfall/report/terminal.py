"""The progress of a run on a terminal: one line for each running job, below the results of the jobs that have ended."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from evenfall.report.screen import is_not_started, output_of, result_line
from evenfall.results import JobResult
from evenfall.text import one_line

_STYLES = {"passed": "green", "failed": "bold red", "inconclusive": "yellow", "skipped": "dim"}


class TerminalScreen:
    """Draws the running jobs several times a second; a narrow window cuts their lines and does not wrap them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._running: dict[str, tuple[float, str]] = {}
        self._jobs = self._ended = 0
        self._expected: float | None = None
        self._began = time.monotonic()
        self._spinner = Spinner("dots")
        self._live = Live(self, console=console, refresh_per_second=8, transient=True)
        self._live.start()

    def note(self, text: str) -> None:
        """Print one line."""
        self._console.print(Text(one_line(text), style="dim"), soft_wrap=True)

    def plan(self, jobs: Sequence[str], expected: float | None = None) -> None:
        """Show the progress: the jobs that have ended of all, the elapsed and the expected seconds."""
        self._jobs, self._expected, self._began = len(jobs), expected, time.monotonic()

    def start(self, job: str) -> None:
        """Add a line for the job."""
        self._running[job] = (time.monotonic(), "")

    def output(self, job: str, line: str) -> None:
        """Show the line when the screen is drawn next."""
        if job in self._running:
            self._running[job] = (self._running[job][0], line)

    def end(self, result: JobResult) -> None:
        """Remove the job's line, and print the output of a job without a pass, its result and its notes."""
        self._running.pop(result.job, None)
        self._ended += 1
        if is_not_started(result):
            return
        for text in output_of(result):
            self._console.print(Text(text), end="", soft_wrap=True)
        rest = result_line(result).removeprefix(result.word)
        self._console.print(Text.assemble((result.word, _STYLES[result.word]), rest), soft_wrap=True)
        for note in (*result.notes, *result.causes):
            self._console.print(Text(f"  {one_line(note)}"), soft_wrap=True)

    def close(self) -> None:
        """Erase the lines of running jobs and stop drawing."""
        self._live.stop()

    def __rich__(self) -> Group:
        """Return the lines of the running jobs, and the progress."""
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(no_wrap=True, max_width=40, overflow="ellipsis")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for job, (started, line) in [*self._running.items()]:
            table.add_row(
                self._spinner, Text(job), f"{time.monotonic() - started:.0f} s", Text(one_line(line), style="dim")
            )
        return Group(table, Text(self._progress(), style="dim"))

    def _progress(self) -> str:
        """Return a line such as `3/12 jobs, 41 s of about 65 s`, or nothing if there is no job."""
        if not self._jobs:
            return ""
        expected = f" of about {self._expected:.0f} s" if self._expected else ""
        return f"{self._ended}/{self._jobs} jobs, {time.monotonic() - self._began:.0f} s{expected}"

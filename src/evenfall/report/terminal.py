"""A run on a terminal: one line a running job, with the last line that it printed and its time; what is told for good stands above."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from evenfall.report.job_result import JobResult
from evenfall.report.plain import output, result
from evenfall.text import one_line

_STYLES = {"passed": "green", "failed": "bold red", "inconclusive": "yellow", "skipped": "dim"}


class Board:
    """Draws itself several times a second; a narrow window cuts lines and wraps none."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._running: dict[str, tuple[float, str]] = {}
        self._waiting = 0
        self._spinner = Spinner("dots")
        self._live = Live(self, console=console, refresh_per_second=8, transient=True)
        self._live.start()

    def note(self, text: str) -> None:
        """One line above the board."""
        self._console.print(Text(one_line(text), style="dim"), soft_wrap=True)

    def planned(self, names: Sequence[str]) -> None:
        """They all wait."""
        self._waiting = len(names)

    def started(self, name: str) -> None:
        """One line more on the board."""
        self._waiting -= 1
        self._running[name] = (time.monotonic(), "")

    def printed(self, name: str, line: str) -> None:
        """Shown at the next redrawing."""
        if name in self._running:
            self._running[name] = (self._running[name][0], line)

    def ended(self, job_result: JobResult) -> None:
        """Off the board; what is to be told stands above it."""
        if self._running.pop(job_result.name, None) is None:
            self._waiting = max(0, self._waiting - 1)
        for piece in output(job_result):
            self._console.print(Text(piece), end="", soft_wrap=True)
        rest = result(job_result).removeprefix(job_result.word)
        self._console.print(Text.assemble((job_result.word, _STYLES[job_result.word]), rest), soft_wrap=True)
        for note in job_result.notes:
            self._console.print(Text(f"  {one_line(note)}"), soft_wrap=True)

    def close(self) -> None:
        """Nothing stays of the board."""
        self._live.stop()

    def __rich__(self) -> Group:
        """What stands there now."""
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(no_wrap=True, max_width=40, overflow="ellipsis")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for name, (since, line) in [*self._running.items()]:
            table.add_row(
                self._spinner, Text(name), f"{time.monotonic() - since:.0f} s", Text(one_line(line), style="dim")
            )
        waiting = Text(f"{self._waiting} waiting", style="dim") if self._waiting else Text("")
        return Group(table, waiting)

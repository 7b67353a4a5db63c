"""A run told in plain lines, for a log, a pipe or a hook; and what of it every screen says in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from evenfall.errors import one_line, printable
from evenfall.report.outcome import Outcome
from evenfall.verdicts import Failed, Undecided


class Lines:
    """Writes each event as it comes. `output` takes text that ends in a newline; `annotate` gives more lines for an outcome."""

    def __init__(
        self, output: Callable[[str], object], annotate: Callable[[Outcome], Iterator[str]] | None = None
    ) -> None:
        self._output = output
        self._annotate = annotate

    def note(self, text: str) -> None:
        """One line."""
        self._output(f"{one_line(text)}\n")

    def planned(self, names: Sequence[str]) -> None:
        """How many there are."""
        self._output(f"{len(names)} cells: {', '.join(names)}\n")

    def started(self, name: str) -> None:
        """One line."""
        self._output(f"started {name}\n")

    def printed(self, name: str, line: str) -> None:
        """Nothing: a log wants no line that is overwritten."""

    def ended(self, outcome: Outcome) -> None:
        """A failing cell's output at once and whole, then the verdict."""
        for piece in told(outcome):
            self._output(piece)
        for line in self._annotate(outcome) if self._annotate else ():
            self._output(f"{line}\n")

    def close(self) -> None:
        """Nothing is left to do."""


def told(outcome: Outcome) -> Iterator[str]:
    """An outcome in lines: what a failed or undecided cell printed, its verdict, and the notes on it."""
    yield from output(outcome)
    yield f"{verdict(outcome)}\n"
    for note in outcome.notes:
        yield f"  {one_line(note)}\n"


def output(outcome: Outcome) -> Iterator[str]:
    """What a cell printed that failed or is undecided, in whole lines."""
    if isinstance(outcome.verdict, Failed | Undecided) and outcome.printed and outcome.printed.is_file():
        yield f"──── {outcome.name} ────\n"
        yield from pieces(outcome.printed)


def verdict(outcome: Outcome) -> str:
    """One line: the word for it, the cell, how long it lasted, and the reason."""
    lasted = f" in {outcome.seconds:.1f} s" if outcome.seconds else ""
    reason = f": {one_line(outcome.reason)}" if outcome.reason else ""
    return f"{outcome.word} {outcome.name}{lasted}{reason}"


def pieces(path: Path, size: int = 1 << 16) -> Iterator[str]:
    """A file's lines, many at a time, without what a terminal would obey; the last one ends with a newline, too."""
    with path.open(encoding="utf-8", errors="replace") as file:
        while lines := file.readlines(size):
            text = printable("".join(lines))
            yield text if text.endswith("\n") else f"{text}\n"

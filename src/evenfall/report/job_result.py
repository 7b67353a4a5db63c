"""What is told of one job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from evenfall.results import Failed, Inconclusive, Passed, Result, Skipped

WORDS = {
    Passed: "passed",
    Failed: "failed",
    Inconclusive: "inconclusive",
    Skipped: "skipped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """`seconds` is how long the session ran, `preparing` how long its sandbox took; `printed` is where its output lies."""

    name: str
    result: Result
    seconds: float = 0.0
    preparing: float = 0.0
    printed: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The result in one word or two, as the screen says it."""
        return WORDS[type(self.result)]

    @property
    def reason(self) -> str:
        """What the result says beyond its name; empty where there is nothing to say."""
        match self.result:
            case Passed(text) | Failed(text) | Inconclusive(text) | Skipped(text):
                return text
            case _:
                assert_never(self.result)

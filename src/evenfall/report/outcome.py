"""What is told of one cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from evenfall.verdicts import Failed, NotMirrored, Passed, Unchanged, Undecided, Verdict

WORDS = {
    Passed: "passed",
    Failed: "failed",
    Undecided: "undecided",
    Unchanged: "unchanged",
    NotMirrored: "not mirrored",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`seconds` is how long the session ran, `preparing` how long its room took; `printed` is where its output lies."""

    name: str
    verdict: Verdict
    seconds: float = 0.0
    preparing: float = 0.0
    printed: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The verdict in one word or two, as the screen says it."""
        return WORDS[type(self.verdict)]

    @property
    def reason(self) -> str:
        """What the verdict says beyond its name; empty where there is nothing to say."""
        match self.verdict:
            case Passed(text) | Failed(text) | Undecided(text) | NotMirrored(text):
                return text
            case Unchanged(since):
                return f"since {since:%Y-%m-%d %H:%M}"
            case _:
                assert_never(self.verdict)

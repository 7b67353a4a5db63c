"""How bad a vulnerability is: CVSS computed (https://www.first.org/cvss/), GitHub's words for the levels."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evenfall.supply_chain.audit.advisories import Advisory


class Level(IntEnum):
    """From the least to the worst; `UNKNOWN` is no level among them, but has a policy of its own."""

    UNKNOWN = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


def severity(advisories: Iterable[Advisory]) -> tuple[Level, float | None]:
    """The worst that is said of one vulnerability, and the score (0 to 10) where that was computed.

    A computed score counts before a word. What OSV calls malicious (`MAL-…`) is critical.
    """
    found = tuple(advisories)
    scores = [score for advisory in found for vector in advisory.vectors if (score := score_of(vector)) is not None]
    if any(advisory.id.startswith("MAL-") for advisory in found):
        return Level.CRITICAL, max(scores, default=None)
    if scores:
        return level_of(max(scores)), max(scores)
    return max((_WORDS.get(advisory.word.lower(), Level.UNKNOWN) for advisory in found), default=Level.UNKNOWN), None


_WORDS = {
    "low": Level.LOW,
    "medium": Level.MODERATE,
    "moderate": Level.MODERATE,
    "high": Level.HIGH,
    "critical": Level.CRITICAL,
}


def level_of(score: float) -> Level:
    """The rating scale of CVSS 3 and 4, whose "none" is low here: somebody took the trouble to report it."""
    above = ((9.0, Level.CRITICAL), (7.0, Level.HIGH), (4.0, Level.MODERATE))
    return next((level for least, level in above if score >= least), Level.LOW)


def score_of(vector: str) -> float | None:
    """The base score of a vector of CVSS 2, 3 or 4; `None` where it is none of them."""
    from cvss import CVSS2, CVSS3, CVSS4, CVSSError  # slow to import, and wanted only where something was found

    try:
        if vector.startswith("CVSS:4"):
            return float(CVSS4(vector).base_score)
        if vector.startswith("CVSS:3"):
            return float(CVSS3(vector).base_score)
        return float(CVSS2(vector.removeprefix("CVSS:2.0/").strip("()")).base_score)
    except CVSSError:
        return None

"""The severity of a vulnerability: the CVSS score (https://www.first.org/cvss/) and GitHub's names of the levels."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from evenfall.supply_chain.audit.advisories import Advisory


class Level(IntEnum):
    """The severity levels in ascending order. `UNKNOWN` is not part of the order; the policy treats it separately."""

    UNKNOWN = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


def severity(advisories: Sequence[Advisory]) -> tuple[Level, float | None]:
    """Return the highest level of one vulnerability's advisories, and the score (0 to 10) if one has a valid CVSS vector.

    A score takes precedence over a word. A package that OSV lists as malicious (`MAL-…`) is critical.
    """
    vectors = [vector for advisory in advisories for vector in advisory.vectors]
    scores = [score for score in map(cvss_score, vectors) if score is not None]
    if any(advisory.id.startswith("MAL-") for advisory in advisories):
        return Level.CRITICAL, max(scores, default=None)
    if scores:
        return level_of(max(scores)), max(scores)
    words = (advisory.severity_word.lower() for advisory in advisories)
    return max((_WORDS.get(word, Level.UNKNOWN) for word in words), default=Level.UNKNOWN), None


_WORDS = {
    "low": Level.LOW,
    "medium": Level.MODERATE,
    "moderate": Level.MODERATE,
    "high": Level.HIGH,
    "critical": Level.CRITICAL,
}


def level_of(score: float) -> Level:
    """Return the level of a score on the rating scale of CVSS 3 and 4, whose "none" is low here because it was reported."""
    thresholds = ((9.0, Level.CRITICAL), (7.0, Level.HIGH), (4.0, Level.MODERATE))
    return next((level for threshold, level in thresholds if score >= threshold), Level.LOW)


def cvss_score(vector: str) -> float | None:
    """Return the base score of a CVSS 2, 3 or 4 vector, or None if the text is not such a vector."""
    from cvss import CVSS2, CVSS3, CVSS4, CVSSError  # slow to import, and needed only if there is a vulnerability

    try:
        if vector.startswith("CVSS:4"):
            return float(CVSS4(vector).base_score)
        if vector.startswith("CVSS:3"):
            return float(CVSS3(vector).base_score)
        return float(CVSS2(vector.removeprefix("CVSS:2.0/").strip("()")).base_score)
    except CVSSError:
        return None

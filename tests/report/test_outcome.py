from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.report.outcome import Outcome
from tests.report.made import ON_WINDOWS, PASSED, UNCHANGED, UNDECIDED, failed


@pytest.mark.parametrize(
    ("outcome", "word", "reason"),
    [
        (PASSED, "passed", ""),
        (UNDECIDED, "undecided", "short by 2 lines"),
        (UNCHANGED, "unchanged", "since 2026-03-01 12:30"),
        (ON_WINDOWS, "not mirrored", "it runs on Windows"),
    ],
)
def test_a_verdict_has_a_word_and_a_reason(outcome: Outcome, word: str, reason: str) -> None:
    assert (outcome.word, outcome.reason) == (word, reason)


def test_a_failure_says_why(tmp_path: Path) -> None:
    assert (failed(tmp_path).word, failed(tmp_path).reason) == ("failed", "pytest failed")

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.report.job_result import JobResult
from tests.report.made import ON_WINDOWS, PASSED, UNDECIDED, failed


@pytest.mark.parametrize(
    ("job_result", "word", "reason"),
    [
        (PASSED, "passed", ""),
        (UNDECIDED, "inconclusive", "short by 2 lines"),
        (ON_WINDOWS, "skipped", "it runs on Windows"),
    ],
)
def test_a_result_has_a_word_and_a_reason(job_result: JobResult, word: str, reason: str) -> None:
    assert (job_result.word, job_result.reason) == (word, reason)


def test_a_failure_says_why(tmp_path: Path) -> None:
    assert (failed(tmp_path).word, failed(tmp_path).reason) == ("failed", "pytest failed")

from __future__ import annotations

import pytest

from evenfall.results import Failed, Inconclusive, JobResult, Passed, Result, Skipped


@pytest.mark.parametrize(
    ("result", "word", "reason"),
    [
        (Passed(), "passed", ""),
        (Passed("it skipped itself"), "passed", "it skipped itself"),
        (Failed("pytest failed"), "failed", "pytest failed"),
        (Inconclusive("short by 2 lines"), "inconclusive", "short by 2 lines"),
        (Skipped("it runs on Windows"), "skipped", "it runs on Windows"),
    ],
)
def test_a_job_result_has_a_word_and_a_reason(result: Result, word: str, reason: str) -> None:
    job = JobResult(job="lint", result=result)
    assert (job.word, job.reason) == (word, reason)

from __future__ import annotations

from typing import assert_never

import pytest

from evenfall.results import Failed, Inconclusive, Passed, Result, Skipped


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (Passed(), "passed"),
        (Failed("it broke"), "it broke"),
        (Inconclusive("jobs"), "jobs"),
        (Skipped("macOS"), "macOS"),
    ],
)
def test_a_result_has_the_reason_that_it_needs(result: Result, text: str) -> None:
    match result:
        case Passed():
            assert text == "passed"
        case Failed(reason) | Skipped(reason) | Inconclusive(reason):
            assert text == reason
        case _:
            assert_never(result)

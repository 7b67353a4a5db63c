from __future__ import annotations

import itertools

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.order import check_order


def test_a_session_can_require_all_jobs_of_another_by_its_name() -> None:
    check_order({"tests-3.11": (), "tests-3.12": (), "docs": ("tests",)}, {"tests": ("tests-3.11", "tests-3.12")})


def test_all_unknown_requirements_are_in_one_error() -> None:
    with pytest.raises(EvenfallError) as caught:
        check_order({"a": ("bb", "zzz"), "b": ("aa",)}, {})
    problems = caught.value.message.split("; noxfile.py: ")
    assert [problem.partition(", which")[0] for problem in problems] == [
        "noxfile.py: session 'a' requires 'bb'",
        "session 'a' requires 'zzz'",
        "session 'b' requires 'aa'",
    ]
    assert "did you mean 'b'?" in problems[0]
    assert caught.value.exit_code == Exit.USAGE


def test_a_cycle_through_a_matrix_is_an_error() -> None:
    with pytest.raises(EvenfallError, match=r"in a cycle: .*tests-3\.11"):
        check_order(
            {"tests-3.11": ("docs",), "tests-3.12": (), "docs": ("tests",)}, {"tests": ("tests-3.11", "tests-3.12")}
        )


@pytest.mark.parametrize("required", ["bb", "a"])
def test_an_error_names_the_line_of_the_job(required: str) -> None:
    with pytest.raises(EvenfallError, match=r"^noxfile\.py:7: session"):
        check_order({"a": (required,)}, {}, locations={"a": "noxfile.py:7"})


def test_the_jobs_of_a_cycle_are_in_the_order_of_their_requirements() -> None:
    with pytest.raises(EvenfallError) as caught:
        check_order({"a": ("b",), "b": ("c",), "c": ("a",)}, {})
    cycle = caught.value.message.partition("cycle: ")[2].split(" -> ")
    assert all({"a": "b", "b": "c", "c": "a"}[job] == next_job for job, next_job in itertools.pairwise(cycle))
    assert len(cycle) == 4

from __future__ import annotations

import itertools

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.order import check_order


def test_a_session_may_require_all_jobs_of_another_by_its_name() -> None:
    check_order({"tests-3.11": (), "tests-3.12": (), "docs": ("tests",)}, {"tests": ("tests-3.11", "tests-3.12")})


def test_all_that_is_unknown_is_said_at_once() -> None:
    with pytest.raises(EvenfallError) as caught:
        check_order({"a": ("bb", "zzz"), "b": ("aa",)}, {})
    assert caught.value.message == (
        "noxfile.py: session 'a' requires 'bb', which is not a session (did you mean 'b'?); "
        "noxfile.py: session 'a' requires 'zzz', which is not a session (there is a, b); "
        "noxfile.py: session 'b' requires 'aa', which is not a session (did you mean 'a'?)"
    )
    assert caught.value.exit_code == Exit.USAGE


def test_a_circle_through_a_matrix_is_found() -> None:
    with pytest.raises(EvenfallError, match=r"in a circle: .*tests-3\.11"):
        check_order(
            {"tests-3.11": ("docs",), "tests-3.12": (), "docs": ("tests",)}, {"tests": ("tests-3.11", "tests-3.12")}
        )


def test_each_requirement_is_told_with_the_line_where_it_stands() -> None:
    with pytest.raises(EvenfallError, match=r"^noxfile\.py:7: session 'a' requires 'bb'"):
        check_order({"a": ("bb",)}, {}, places={"a": "noxfile.py:7"})
    with pytest.raises(EvenfallError, match=r"^noxfile\.py:7: sessions require each other"):
        check_order({"a": ("a",)}, {}, places={"a": "noxfile.py:7"})


def test_a_circle_is_told_in_the_order_in_which_each_requires_the_next() -> None:
    with pytest.raises(EvenfallError) as caught:
        check_order({"a": ("b",), "b": ("c",), "c": ("a",)}, {})
    told = caught.value.message.partition("circle: ")[2].split(" -> ")
    assert all({"a": "b", "b": "c", "c": "a"}[one] == next_one for one, next_one in itertools.pairwise(told))
    assert len(told) == 4

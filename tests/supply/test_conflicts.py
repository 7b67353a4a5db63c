"""Conditions that hold only while something is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply.conflicts import EVERYTHING, NEITHER, NO_GROUP, may_hold

GROUP = "extra == 'group-4-lamp-dev'"
EXTRA = "extra == 'extra-4-lamp-or'"


@pytest.mark.parametrize(
    ("marker", "without_group", "with_neither"),
    [
        (GROUP, False, False),
        (EXTRA, True, False),
        (f"{EXTRA} or extra != 'group-4-lamp-dev'", True, True),
        (f"{EXTRA} or {GROUP}", True, False),
        (f"python_full_version < '3.11' or ({EXTRA} and {GROUP})", True, True),
        (f"({EXTRA} and {GROUP}) or (sys_platform == 'win32' and {GROUP})", False, False),
        (f"(sys_platform == 'win32' and {EXTRA}) or ({EXTRA} and {GROUP})", True, False),
        ("'group-4-lamp-dev' == extra", False, False),
        (f"({GROUP})or(os_name == 'nt')", True, True),
        ("sys_platform == 'win32'", True, True),
    ],
)
def test_a_condition_holds_where_one_of_its_terms_can(marker: str, without_group: bool, with_neither: bool) -> None:
    assert (may_hold(marker, NO_GROUP), may_hold(marker, NEITHER)) == (without_group, with_neither)
    assert may_hold(marker, EVERYTHING)


FORMULAS = st.recursive(
    st.sampled_from([GROUP, "os_name == 'nt'", "extra != 'group-4-lamp-dev'"]),
    lambda parts: st.tuples(parts, st.sampled_from(["and", "or"]), parts),
    max_leaves=12,
)


def written(formula: Any) -> str:
    return formula if isinstance(formula, str) else f"({written(formula[0])} {formula[1]} {written(formula[2])})"


def holds(formula: Any) -> bool:
    """Where no group is asked for and all else is as it should be."""
    if isinstance(formula, str):
        return formula != GROUP
    one, word, other = formula
    return (holds(one) and holds(other)) if word == "and" else (holds(one) or holds(other))


@given(FORMULAS)
def test_however_it_is_written_nothing_is_left_out_that_can_hold(formula: Any) -> None:
    assert may_hold(written(formula), NO_GROUP) or not holds(formula)

"""Conditions that hold only while something is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply_chain.conflicts import anything, just, may_hold, name_of, no_group

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
    assert (may_hold(marker, no_group), may_hold(marker, just(()))) == (without_group, with_neither)
    assert may_hold(marker, anything)


def test_what_is_asked_for_is_known_by_its_name() -> None:
    name = name_of("Fast_Lane", "Oil.Lamp")
    assert name == "extra-8-oil-lamp-fast-lane"
    assert may_hold(f"extra == '{name}'", just([name]))
    assert not may_hold(f"extra != '{name}'", just([name]))


FORMULAS = st.recursive(
    st.sampled_from([GROUP, EXTRA, "os_name == 'nt'", *(each.replace("==", "!=") for each in (GROUP, EXTRA))]),
    lambda parts: st.tuples(parts, st.sampled_from(["and", "or"]), parts),
    max_leaves=12,
)


def written(formula: Any) -> str:
    return formula if isinstance(formula, str) else f"({written(formula[0])} {formula[1]} {written(formula[2])})"


def holds(formula: Any, asked: frozenset[str]) -> bool:
    """While just this is asked for, and all else is as it should be."""
    if isinstance(formula, str):
        name = formula.split("'")[1]
        return "extra" not in formula or (name in asked) is ("==" in formula)
    one, word, other = formula
    return (all if word == "and" else any)(holds(each, asked) for each in (one, other))


@given(FORMULAS, st.frozensets(st.sampled_from([GROUP.split("'")[1], EXTRA.split("'")[1]])))
def test_however_it_is_written_nothing_is_left_out_that_can_hold(formula: Any, asked: frozenset[str]) -> None:
    assert may_hold(written(formula), just(asked)) or not holds(formula, asked)

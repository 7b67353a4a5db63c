"""Markers that depend on the requested extras and groups."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.project.conflicts import any_request, marker_name, may_hold, no_groups, only, with_extras_of
from evenfall.project.lockfile import Dependency

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
def test_a_marker_may_hold_if_one_of_its_terms_may(marker: str, without_group: bool, with_neither: bool) -> None:
    assert (may_hold(marker, no_groups), may_hold(marker, only(()))) == (without_group, with_neither)
    assert may_hold(marker, any_request)


def test_an_extra_is_written_in_a_marker_with_normalized_names() -> None:
    name = marker_name("Fast_Lane", "Oil.Lamp")
    assert name == "extra-8-oil-lamp-fast-lane"
    assert may_hold(f"extra == '{name}'", only([name]))
    assert not may_hold(f"extra != '{name}'", only([name]))


def test_an_edge_requests_its_own_extras() -> None:
    plain, fast = Dependency(name="oil"), Dependency(name="oil", extra=("fast",))
    marker = f"extra == '{marker_name('fast', 'oil')}'"
    assert not may_hold(marker, with_extras_of(plain, only(())))
    assert may_hold(marker, with_extras_of(fast, only(())))


FORMULAS = st.recursive(
    st.sampled_from([GROUP, EXTRA, "os_name == 'nt'", *(each.replace("==", "!=") for each in (GROUP, EXTRA))]),
    lambda parts: st.tuples(parts, st.sampled_from(["and", "or"]), parts),
    max_leaves=12,
)


def written(formula: Any) -> str:
    return formula if isinstance(formula, str) else f"({written(formula[0])} {formula[1]} {written(formula[2])})"


def holds(formula: Any, requested: frozenset[str]) -> bool:
    """Evaluate the formula with these extras and groups requested, on a system that satisfies every other condition."""
    if isinstance(formula, str):
        name = formula.split("'")[1]
        return "extra" not in formula or (name in requested) is ("==" in formula)
    one, word, other = formula
    return (all if word == "and" else any)(holds(each, requested) for each in (one, other))


@given(FORMULAS, st.frozensets(st.sampled_from([GROUP.split("'")[1], EXTRA.split("'")[1]])))
def test_a_marker_that_holds_is_never_rejected_in_any_form(formula: Any, requested: frozenset[str]) -> None:
    assert may_hold(written(formula), only(requested)) or not holds(formula, requested)

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.results import Failed, Inconclusive, Passed
from evenfall.sessions.coverage_gate import (
    CoverageTotals,
    Requirement,
    compare_with_target,
    comparison,
    format_percent,
    requirement,
)

JOBS = tuple(f"tests-3.{minor} @ {system}" for minor in range(11, 16) for system in ("ubuntu", "macos", "windows"))


def measured(executed: int, of: int, *, missing: tuple[str, ...] = ()) -> CoverageTotals:
    branches = of // 3
    covered = min(executed, branches)
    return CoverageTotals(
        statements=of - branches,
        executed_statements=executed - covered,
        branches=branches,
        executed_branches=covered,
        missing_jobs=missing,
    )


def test_one_missing_line_of_100000_is_below_100_percent() -> None:
    result = compare_with_target(measured(99_999, 100_000), Requirement(percent=Fraction(100)))
    assert result == Failed("coverage is 99.99 %, the target is 100.00 %")


def test_a_target_slightly_above_the_coverage_is_shown_with_more_digits() -> None:
    result = compare_with_target(measured(99_999, 100_000), Requirement(percent=Fraction("99.9995")))
    assert result == Failed("coverage is 99.9990 %, the target is 99.9995 %")


def test_coverage_below_the_target_is_inconclusive_if_jobs_are_missing_and_lists_five_of_them() -> None:
    result = compare_with_target(measured(1, 2, missing=JOBS), Requirement(percent=Fraction(100)))
    assert result == Inconclusive(
        f"coverage is 50.00 %, the target is 100.00 %; not measured here: {', '.join(JOBS[:5])} and 10 more"
    )


def test_without_any_statement_the_coverage_is_100_percent() -> None:
    assert compare_with_target(measured(0, 0), Requirement(percent=Fraction(100))) == Passed(
        "coverage is 100.00 %, the target is 100.00 %"
    )


def test_a_higher_target_is_suggested_from_a_tenth_of_a_percent_and_only_if_no_job_is_missing() -> None:
    assert compare_with_target(measured(9, 10, missing=JOBS), Requirement(percent=Fraction(80))) == Passed(
        "coverage is 90.00 %, the target is 80.00 %"
    )
    assert compare_with_target(measured(9_009, 10_000), Requirement(percent=Fraction(90))) == Passed(
        "coverage is 90.09 %, the target is 90.00 %"
    )
    assert compare_with_target(measured(9_010, 10_000), Requirement(percent=Fraction(90))) == Passed(
        "coverage is 90.10 %, the target is 90.00 % and could be raised to 90.1"
    )


percentages = st.fractions(min_value=0, max_value=100)


@given(percentages, st.integers(min_value=1, max_value=6))
def test_a_percentage_is_never_rounded_up(percent: Fraction, digits: int) -> None:
    text = format_percent(percent, digits)
    assert len(text.partition(".")[2]) == digits
    assert 0 <= percent - Fraction(text) < Fraction(1, 10**digits)


@given(percentages, percentages)
def test_different_percentages_are_shown_differently(percent: Fraction, target: Fraction) -> None:
    text = comparison(percent, Requirement(percent=target))
    one, other = (Fraction(word) for word in text.split() if word[0].isdigit())
    assert (one == other) is (percent == target)
    assert (one < other) is (percent < target)


@given(st.integers(min_value=0, max_value=50), st.integers(min_value=0, max_value=50), percentages, st.booleans())
def test_the_gate_passes_if_and_only_if_the_target_is_met(
    executed: int, missed: int, target: Fraction, no_job_is_missing: bool
) -> None:
    total = executed + missed
    result = compare_with_target(
        measured(executed, total, missing=() if no_job_is_missing else JOBS), Requirement(percent=target)
    )
    if 100 * executed >= target * total:
        assert isinstance(result, Passed)
        raised = result.note.partition("could be raised to ")[2]
        assert not raised or target < Fraction(raised) <= (Fraction(100 * executed, total) if total else 100)
    else:
        assert isinstance(result, Failed if no_job_is_missing else Inconclusive)


@pytest.mark.parametrize(
    ("target", "fail_under", "precision", "percent", "is_met", "source"),
    [
        ("80", "0", 0, "79.9", False, ""),
        ("80", "60", 0, "79.9", False, "coverage_target.txt; fail_under in setup.cfg is 60.00"),
        ("60", "80", 0, "79.6", True, "fail_under in setup.cfg; coverage_target.txt has 60.00"),
        ("60", "80", 2, "79.99", False, "fail_under in setup.cfg; coverage_target.txt has 60.00"),
        ("60", "60", 0, "59.6", True, "fail_under in setup.cfg and coverage_target.txt"),
        ("100", "100", 0, "99.99", False, "fail_under in setup.cfg and coverage_target.txt"),
    ],
)
def test_the_higher_of_the_target_and_fail_under_applies_and_fail_under_as_coverage_rounds(
    target: str, fail_under: str, precision: int, percent: str, is_met: bool, source: str
) -> None:
    required = requirement(Fraction(target), Fraction(fail_under), precision=precision, name="fail_under in setup.cfg")
    assert required.is_met(Fraction(percent)) is is_met
    assert required.source == source
    text = comparison(Fraction(percent), required)
    assert source in text
    assert ("coverage rounds" in text) is is_met

"""Compare the measured coverage with the target, unrounded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from evenfall.results import Failed, Inconclusive, Passed
from evenfall.text import and_more


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageTotals:
    """The numbers of statements and branches, all and executed, over every job that left data; and the jobs that left none."""

    statements: int
    executed_statements: int
    branches: int
    executed_branches: int
    missing_jobs: tuple[str, ...] = ()

    @property
    def percent(self) -> Fraction:
        """The percentage of statements and branches together, as coverage computes it; 100 if there is nothing to execute."""
        total = self.statements + self.branches
        return Fraction(100 * (self.executed_statements + self.executed_branches), total) if total else Fraction(100)


def format_percent(percent: Fraction, digits: int = 2) -> str:
    """Return a percentage truncated to `digits` decimals, never rounded up: 99.999 is not shown as 100."""
    scaled = percent * 10**digits // 1
    return f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}"


def comparison(percent: Fraction, target: Fraction) -> str:
    """Return both percentages, with enough digits to show that they differ."""
    digits = next(n for n in count(2) if percent == target or format_percent(percent, n) != format_percent(target, n))
    return f"coverage is {format_percent(percent, digits)} %, the target is {format_percent(target, digits)} %"


def compare_with_target(totals: CoverageTotals, target: Fraction) -> Passed | Failed | Inconclusive:
    """Return the result of the gate.

    More jobs can only add coverage: a target that is met is passed. A target that is missed is failed only if no job is missing.
    """
    text = comparison(totals.percent, target)
    if totals.percent < target and totals.missing_jobs:
        return Inconclusive(f"{text}; not measured here: {and_more(totals.missing_jobs)}")
    if totals.percent < target:
        return Failed(text)
    possible = totals.percent * 10 // 1 / Fraction(10)
    if possible > target and not totals.missing_jobs:
        return Passed(f"{text} and could be raised to {format_percent(possible, 1)}")
    return Passed(text)

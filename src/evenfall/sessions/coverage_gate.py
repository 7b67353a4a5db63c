"""Compare the measured coverage with the target, unrounded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from evenfall.project.coverage_target import NAME
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """The percentage that the gate requires, and its source. With a precision, coverage rounds to so many digits before it compares."""

    percent: Fraction
    source: str = ""
    precision: int | None = None

    def is_met(self, percent: Fraction) -> bool:
        """Return whether a percentage is enough. 100 is never rounded to, as in coverage itself."""
        if self.precision is None or self.percent == 100:
            return percent >= self.percent
        return round(percent, self.precision) >= self.percent


def requirement(target: Fraction, fail_under: Fraction, *, precision: int, name: str) -> Requirement:
    """Return the requirement of `coverage_target.txt` or of the project's `fail_under`: the higher one applies.

    `fail_under` is 0 if the project does not set it; `name` is where it does.
    """
    if not fail_under:
        return Requirement(percent=target)
    if fail_under > target:
        source = f"{name}; {NAME} has {format_percent(target)}"
        return Requirement(percent=fail_under, source=source, precision=precision)
    if fail_under == target:
        return Requirement(percent=fail_under, source=f"{name} and {NAME}", precision=precision)
    return Requirement(percent=target, source=f"{NAME}; {name} is {format_percent(fail_under)}")


def comparison(percent: Fraction, required: Requirement) -> str:
    """Return both percentages, with enough digits to show that they differ, and the source of the required one."""
    target = required.percent
    digits = next(n for n in count(2) if percent == target or format_percent(percent, n) != format_percent(target, n))
    text = f"coverage is {format_percent(percent, digits)} %, the target is {format_percent(target, digits)} %"
    rounds = (
        f"coverage rounds with precision {required.precision}" if percent < target and required.is_met(percent) else ""
    )
    details = "; ".join(filter(None, (required.source, rounds)))
    return f"{text} ({details})" if details else text


def compare_with_target(totals: CoverageTotals, required: Requirement) -> Passed | Failed | Inconclusive:
    """Return the result of the gate.

    More jobs can only add coverage: a target that is met is passed. A target that is missed is failed only if no job is missing.
    """
    text = comparison(totals.percent, required)
    if not required.is_met(totals.percent):
        if totals.missing_jobs:
            return Inconclusive(f"{text}; not measured here: {and_more(totals.missing_jobs)}")
        return Failed(text)
    possible = totals.percent * 10 // 1 / Fraction(10)
    if possible > required.percent and not totals.missing_jobs:
        return Passed(f"{text} and could be raised to {format_percent(possible, 1)}")
    return Passed(text)

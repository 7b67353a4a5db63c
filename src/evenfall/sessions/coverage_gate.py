"""The coverage gate's judgement: what was measured, held against the target, unrounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from evenfall.results import Failed, Inconclusive, Passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Statements and branches, all and executed, over every job that left data; and the jobs that left none."""

    statements: int
    executed_statements: int
    branches: int
    executed_branches: int
    absent: tuple[str, ...] = ()

    @property
    def percent(self) -> Fraction:
        """Statements and branches together, as coverage counts them: 100 where there is nothing to execute."""
        total = self.statements + self.branches
        return Fraction(100 * (self.executed_statements + self.executed_branches), total) if total else Fraction(100)


def shown(percent: Fraction, digits: int = 2) -> str:
    """A percentage cut off, never rounded up: 99.999 is not shown as 100."""
    scaled = percent * 10**digits // 1
    return f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}"


def compared(percent: Fraction, target: Fraction) -> str:
    """Both percentages, with as many digits as it takes to tell them apart."""
    digits = next(n for n in count(2) if percent == target or shown(percent, n) != shown(target, n))
    return f"coverage is {shown(percent, digits)} %, the target is {shown(target, digits)} %"


def first_few(names: Sequence[str], few: int = 3) -> str:
    """A list that stays readable: the first names, and how many more there are."""
    more = f" and {len(names) - few} more" if len(names) > few else ""
    return ", ".join(names[:few]) + more


def judge(measured: Measured, target: Fraction) -> Passed | Failed | Inconclusive:
    """Coverage only grows with jobs: met here is passed; short is failed only where no job is absent."""
    said = compared(measured.percent, target)
    if measured.percent < target and measured.absent:
        return Inconclusive(f"{said}; not measured here: {first_few(measured.absent)}")
    if measured.percent < target:
        return Failed(said)
    could_be = measured.percent * 10 // 1 / Fraction(10)
    if could_be > target and not measured.absent:
        return Passed(f"{said} and could be raised to {shown(could_be, 1)}")
    return Passed(said)

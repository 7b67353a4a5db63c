"""The coverage gate's judgement: what was measured, held against the target, unrounded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from evenfall.verdicts import Failed, Passed, Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Statements and branches, all and executed, over every cell that left data; and the cells that left none."""

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


def judge(measured: Measured, target: Fraction) -> Passed | Failed | Undecided:
    """Coverage only grows with cells: met here is passed; short is failed only where no cell is absent."""
    short = f"coverage is {shown(measured.percent)} %, the target is {shown(target)} %"
    if measured.percent < target:
        if measured.absent:
            return Undecided(f"{short}; not measured here: {', '.join(measured.absent)}")
        return Failed(short)
    could_be = measured.percent * 10 // 1 / Fraction(10)
    if could_be > target and not measured.absent:
        return Passed(
            f"coverage is {shown(measured.percent)} %; the target {shown(target)} % could be raised to {shown(could_be, 1)}"
        )
    return Passed(f"coverage is {shown(measured.percent)} %, the target is {shown(target)} %")

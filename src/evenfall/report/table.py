"""The end of a run: a table of verdicts, what was not mirrored and why, and one last line that says what to do."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence

from evenfall.errors import one_line
from evenfall.report.outcome import Outcome
from evenfall.verdicts import Failed, NotMirrored, Undecided


def table(outcomes: Sequence[Outcome], *, wall: float) -> str:
    """Each cell with its verdict and time; those not mirrored, a line a reason; how long it took (`wall`), and would have in sequence."""
    ran = [outcome for outcome in outcomes if not isinstance(outcome.verdict, NotMirrored)]
    width = max((len(outcome.name) for outcome in ran), default=0)
    lines = [_row(outcome, width) for outcome in ran]
    not_mirrored: dict[str, list[str]] = {}
    for outcome in outcomes:
        if isinstance(outcome.verdict, NotMirrored):
            not_mirrored.setdefault(outcome.reason, []).append(outcome.name)
    for reason, names in not_mirrored.items():
        lines.append(f"not mirrored: {', '.join(names)}: {one_line(reason)}")
    together = sum(outcome.seconds + outcome.preparing for outcome in ran)
    preparing = sum(outcome.preparing for outcome in ran)
    lines.append(
        f"{len(ran)} cells in {wall:.1f} s, {together:.1f} s in sequence ({preparing:.1f} s of it for rooms)"
        if ran
        else ""
    )
    return "".join(f"{line}\n" for line in lines if line)


def _row(outcome: Outcome, width: int) -> str:
    reason = f"  {one_line(outcome.reason)}" if outcome.reason else ""
    lasted = f"{outcome.seconds:7.1f} s" if outcome.seconds else " " * 9
    return f"{outcome.name:<{width}}  {outcome.word:<12} {lasted}{reason}"


def last_line(outcomes: Sequence[Outcome], *, next_step: str) -> str:
    """What to do next: look into what failed; else `next_step`, where there is one."""
    if failed := [outcome for outcome in outcomes if isinstance(outcome.verdict, Failed)]:
        return f"failed: {_names(failed)}{_log_of(failed)}"
    if unknown := [outcome for outcome in outcomes if isinstance(outcome.verdict, Undecided)]:
        return f"undecided: {_names(unknown)}: CI may say no{_log_of(unknown)}"
    counted = Counter(outcome.word for outcome in outcomes)
    said = ", ".join(f"{number} {word}" for word, number in counted.items()) or "no cells"
    if not counted["passed"] + counted["unchanged"]:
        return f"{said}: nothing could run here"
    return f"{said}\n  next: {next_step}" if next_step else said


def _names(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(outcome.name for outcome in outcomes)


def _log_of(outcomes: Sequence[Outcome]) -> str:
    """The command that shows what the first of them printed, where one did."""
    printed = [outcome.name for outcome in outcomes if outcome.printed]
    return f"\n  next: evenfall run --log {shlex.quote(printed[0])}" if printed else ""

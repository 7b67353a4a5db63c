"""The end of a run: a table of verdicts, what was not mirrored and why, and one last line that says what to do."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence

from evenfall.errors import printable
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
        lines.append(f"not mirrored: {', '.join(names)}: {printable(reason)}")
    together = sum(outcome.seconds + outcome.preparing for outcome in ran)
    preparing = sum(outcome.preparing for outcome in ran)
    lines.append(
        f"{len(ran)} cells in {wall:.1f} s, {together:.1f} s in sequence ({preparing:.1f} s of it for rooms)"
        if ran
        else ""
    )
    return "".join(f"{line}\n" for line in lines if line)


def _row(outcome: Outcome, width: int) -> str:
    reason = f"  {printable(outcome.reason)}" if outcome.reason else ""
    lasted = f"{outcome.seconds:7.1f} s" if outcome.seconds else " " * 9
    return f"{outcome.name:<{width}}  {outcome.word:<12} {lasted}{reason}"


def last_line(outcomes: Sequence[Outcome]) -> str:
    """What to do next."""
    failed = [outcome.name for outcome in outcomes if isinstance(outcome.verdict, Failed)]
    if failed:
        return f"failed: {', '.join(failed)}\n  next: evenfall run --log {shlex.quote(failed[0])}"
    if unknown := [outcome.name for outcome in outcomes if isinstance(outcome.verdict, Undecided)]:
        return f"undecided: {', '.join(unknown)}: CI may say no\n  next: evenfall run --log {shlex.quote(unknown[0])}"
    counted = Counter(outcome.word for outcome in outcomes)
    said = ", ".join(f"{number} {word}" for word, number in counted.items()) or "no cells"
    return (
        f"{said}\n  next: git push" if counted["passed"] + counted["unchanged"] else f"{said}: nothing could run here"
    )

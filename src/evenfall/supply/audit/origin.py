"""Where advisories come from, and whether they are young enough to say that all is well."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.project.settings import Audit as Policy


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where an index comes from.

    `fetched` is when it was taken from its address, or the time of the file where it is one; `newest` is when the newest
    record changed, and `stamp` is the file's (see `Source.stamp`).
    """

    source: str
    sha256: str
    fetched: datetime.datetime
    newest: str
    records: int
    packages: int
    stamp: str = ""


DAY = datetime.timedelta(days=1)


def stale(origin: Origin, policy: Policy, now: datetime.datetime) -> EvenfallError | None:
    """Why the advisories are too old to say that all is well; of their source they must have been taken lately, and not tomorrow."""
    age = now - origin.fetched
    allowed = "1 day is" if policy.max_age_days == 1 else f"{policy.max_age_days} days are"
    if age > policy.max_age_days * DAY:
        why = f"taken {age.days} days ago, on {origin.fetched:%Y-%m-%d}; at most {allowed} allowed (max-age-days)"
    elif age < -DAY:
        why = f"taken on {origin.fetched:%Y-%m-%d}, which is yet to come: a clock is wrong"
    else:
        return None
    return EvenfallError(f"advisories: {origin.source}: {why}", hint="evenfall audit --update", exit_code=Exit.UNKNOWN)


def quiet(origin: Origin, policy: Policy, now: datetime.datetime) -> Iterator[str]:
    """A warning where the newest record is old: the source may not be looked after any more."""
    try:
        newest = datetime.datetime.fromisoformat(origin.newest)
    except ValueError:
        newest = None
    if newest is None or newest.tzinfo is None:
        yield f"advisories: {origin.source}: nobody can say of when its newest record is"
    elif now - newest > max(policy.max_age_days, 7) * DAY:
        yield (
            f"advisories: {origin.source}: its newest record is of {newest:%Y-%m-%d}: "
            "whoever keeps it may have stopped; what was found since then is not known here"
        )

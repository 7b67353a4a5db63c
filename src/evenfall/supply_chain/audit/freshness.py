"""Where advisories come from, and whether they are young enough to say that all is well."""

from __future__ import annotations

import datetime

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.project.settings import AuditPolicy


class IndexOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """Where an index comes from.

    `fetched` is when it was taken from its address, or the time of the file where it is one; `newest` is when the newest
    record changed, `None` where no record says so, and `stamp` is the file's (see `AdvisorySource.stamp`).
    """

    source: str
    sha256: str
    fetched: datetime.datetime
    newest: datetime.datetime | None
    records: int
    packages: int
    stamp: str = ""


DAY = datetime.timedelta(days=1)


def staleness_error(origin: IndexOrigin, policy: AuditPolicy, now: datetime.datetime) -> EvenfallError | None:
    """Why the advisories are too old to say that all is well, which the older of two times tells.

    They must have been taken lately, and not tomorrow. And their newest record must be young: OSV's own changes many times a day,
    so a copy of it that is fetched today may still be of last year.
    """
    allowed = "1 day is" if policy.max_age_days == 1 else f"{policy.max_age_days} days are"
    at_most = f"at most {allowed} allowed (max-age-days)"
    age = now - origin.fetched
    if age > policy.max_age_days * DAY:
        why = f"taken {age.days} days ago, on {origin.fetched:%Y-%m-%d}; {at_most}"
    elif age < -DAY:
        why = f"taken on {origin.fetched:%Y-%m-%d}, which is yet to come: a clock is wrong"
    elif origin.newest is None:
        why = "no record says when it changed, so nobody can say how old they are"
    elif now - origin.newest > policy.max_age_days * DAY:
        why = (
            f"the newest record is {(now - origin.newest).days} days old, of {origin.newest:%Y-%m-%d}: "
            f"whoever keeps this copy may have stopped; {at_most}"
        )
    else:
        return None
    return EvenfallError(f"advisories: {origin.source}: {why}", hint="evenfall audit --update", exit_code=Exit.UNKNOWN)

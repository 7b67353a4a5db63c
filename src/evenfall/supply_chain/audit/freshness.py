"""The origin of the advisories, and whether they are recent enough for an audit."""

from __future__ import annotations

import datetime

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.project.settings import AuditPolicy

DAY = datetime.timedelta(days=1)


class IndexOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """The origin of an index.

    `fetched` is the time of the download, or the modification time of a local file. `newest` is the modification time of the newest
    record, or None if no record has a valid one. `records` and `packages` are counts. `stamp` identifies the state of a local file
    (`AdvisorySource.stamp`).
    """

    source: str
    sha256: str
    fetched: datetime.datetime
    newest: datetime.datetime | None = None
    records: int = 0
    packages: int = 0
    stamp: str = ""


def staleness_error(origin: IndexOrigin, policy: AuditPolicy, now: datetime.datetime) -> EvenfallError | None:
    """Return the error (unknown) that says why the advisories are too old, or None if they are recent enough.

    Both the download and the newest record must be recent. OSV's records change many times a day, so a copy that was downloaded
    today and has no recent record is probably no longer updated.
    """
    allowed = "1 day is" if policy.max_age_days == 1 else f"{policy.max_age_days} days are"
    limit = f"at most {allowed} allowed (max-age-days)"
    age = now - origin.fetched
    if age > policy.max_age_days * DAY:
        reason = f"downloaded {age.days} days ago, on {origin.fetched:%Y-%m-%d}; {limit}"
    elif age < -DAY:
        reason = f"downloaded on {origin.fetched:%Y-%m-%d}, which is in the future: a clock is wrong"
    elif origin.newest is None:
        reason = "no record has a valid modification time, so the age of the advisories is unknown"
    elif now - origin.newest > policy.max_age_days * DAY:
        reason = (
            f"the newest record was modified {(now - origin.newest).days} days ago, on {origin.newest:%Y-%m-%d}, "
            f"so this copy of OSV may no longer be updated; {limit}"
        )
    else:
        return None
    is_file = bool(origin.stamp)
    hint = (
        "get a newer export, or raise max-age-days in [tool.evenfall.audit]" if is_file else "evenfall audit --update"
    )
    return EvenfallError(f"advisories: {origin.source}: {reason}", hint=hint, exit_code=Exit.UNKNOWN)

from __future__ import annotations

import datetime

from evenfall.errors import Exit
from evenfall.project.settings import AuditPolicy
from evenfall.supply_chain.audit.freshness import DAY, IndexOrigin, staleness_error

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)


def origin(days: float, newest: datetime.datetime | None = NOW) -> IndexOrigin:
    fetched = NOW - datetime.timedelta(days=days)
    return IndexOrigin(source="all.zip", sha256="", fetched=fetched, newest=newest, records=1, packages=1)


def test_advisories_older_than_seven_days_are_stale() -> None:
    assert staleness_error(origin(7), AuditPolicy(), NOW) is None
    old = staleness_error(origin(8), AuditPolicy(), NOW)
    assert old is not None
    assert (old.exit_code, old.hint) == (Exit.UNKNOWN, "evenfall audit --update")
    assert old.message == (
        "advisories: all.zip: downloaded 8 days ago, on 2026-11-17; at most 7 days are allowed (max-age-days)"
    )


def test_the_policy_sets_the_maximum_age() -> None:
    assert staleness_error(origin(29), AuditPolicy(max_age_days=30), NOW) is None
    old = staleness_error(origin(1.5), AuditPolicy(max_age_days=1), NOW)
    assert "at most 1 day are" not in str(old)
    assert "at most 1 day is allowed" in str(old)


def test_advisories_from_the_future_are_stale() -> None:
    assert staleness_error(origin(-0.9), AuditPolicy(), NOW) is None
    assert "which is in the future: a clock is wrong" in str(staleness_error(origin(-2), AuditPolicy(), NOW))


def test_a_recent_download_without_a_recent_record_is_stale() -> None:
    assert staleness_error(origin(0, NOW - 7 * DAY), AuditPolicy(), NOW) is None
    old = staleness_error(origin(0, NOW - 412 * DAY), AuditPolicy(), NOW)
    assert old is not None
    assert (old.exit_code, old.hint) == (Exit.UNKNOWN, "evenfall audit --update")
    assert old.message == (
        "advisories: all.zip: the newest record was modified 412 days ago, on 2025-10-09, "
        "so this copy of OSV may no longer be updated; at most 7 days are allowed (max-age-days)"
    )
    assert staleness_error(origin(0, NOW - 412 * DAY), AuditPolicy(max_age_days=3650), NOW) is None


def test_advisories_without_a_modification_time_are_stale() -> None:
    assert "the age of the advisories is unknown" in str(
        staleness_error(origin(0, None), AuditPolicy(max_age_days=3650), NOW)
    )

from __future__ import annotations

import datetime

from evenfall.errors import Exit
from evenfall.project.settings import AuditPolicy
from evenfall.supply_chain.audit.freshness import DAY, IndexOrigin, staleness_error

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)


def origin(days: float, newest: datetime.datetime | None = NOW) -> IndexOrigin:
    fetched = NOW - datetime.timedelta(days=days)
    return IndexOrigin(source="all.zip", sha256="", fetched=fetched, newest=newest, records=1, packages=1)


def test_advisories_may_be_a_week_old() -> None:
    assert staleness_error(origin(7), AuditPolicy(), NOW) is None
    old = staleness_error(origin(8), AuditPolicy(), NOW)
    assert old is not None
    assert (old.exit_code, old.hint) == (Exit.UNKNOWN, "evenfall audit --update")
    assert old.message == (
        "advisories: all.zip: taken 8 days ago, on 2026-11-17; at most 7 days are allowed (max-age-days)"
    )


def test_the_policy_says_how_old() -> None:
    assert staleness_error(origin(29), AuditPolicy(max_age_days=30), NOW) is None
    old = staleness_error(origin(1.5), AuditPolicy(max_age_days=1), NOW)
    assert "at most 1 day are" not in str(old)
    assert "at most 1 day is allowed" in str(old)


def test_what_is_yet_to_come_is_no_good_news() -> None:
    assert staleness_error(origin(-0.9), AuditPolicy(), NOW) is None
    assert "which is yet to come: a clock is wrong" in str(staleness_error(origin(-2), AuditPolicy(), NOW))


def test_of_two_times_the_older_counts() -> None:
    assert staleness_error(origin(0, NOW - 7 * DAY), AuditPolicy(), NOW) is None
    old = staleness_error(origin(0, NOW - 412 * DAY), AuditPolicy(), NOW)
    assert old is not None
    assert (old.exit_code, old.hint) == (Exit.UNKNOWN, "evenfall audit --update")
    assert old.message == (
        "advisories: all.zip: the newest record is 412 days old, of 2025-10-09: "
        "whoever keeps this copy may have stopped; at most 7 days are allowed (max-age-days)"
    )
    assert staleness_error(origin(0, NOW - 412 * DAY), AuditPolicy(max_age_days=3650), NOW) is None


def test_advisories_that_dont_say_of_when_they_are_are_no_good_news() -> None:
    assert "nobody can say how old they are" in str(
        staleness_error(origin(0, None), AuditPolicy(max_age_days=3650), NOW)
    )

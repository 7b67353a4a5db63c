from __future__ import annotations

import datetime

import pytest

from evenfall.errors import Exit
from evenfall.project.settings import Audit as Policy
from evenfall.supply.audit.origin import Origin, quiet, stale

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)


def origin(days: float, newest: str = "2026-11-24T00:00:00Z") -> Origin:
    fetched = NOW - datetime.timedelta(days=days)
    return Origin(source="all.zip", sha256="", fetched=fetched, newest=newest, records=1, packages=1)


def test_advisories_may_be_a_week_old() -> None:
    assert stale(origin(7), Policy(), NOW) is None
    old = stale(origin(8), Policy(), NOW)
    assert old is not None
    assert (old.exit_code, old.hint) == (Exit.UNKNOWN, "evenfall audit --update")
    assert old.message == (
        "advisories: all.zip: taken 8 days ago, on 2026-11-17; at most 7 days are allowed (max-age-days)"
    )


def test_the_policy_says_how_old() -> None:
    assert stale(origin(29), Policy(max_age_days=30), NOW) is None
    old = stale(origin(1.5), Policy(max_age_days=1), NOW)
    assert "at most 1 day are" not in str(old)
    assert "at most 1 day is allowed" in str(old)
    assert stale(origin(0.1), Policy(max_age_days=0), NOW) is not None


def test_what_is_yet_to_come_is_no_good_news() -> None:
    assert stale(origin(-0.9), Policy(), NOW) is None
    assert "which is yet to come: a clock is wrong" in str(stale(origin(-2), Policy(), NOW))


@pytest.mark.parametrize("newest", ["2026-11-18T13:00:00Z", "2026-11-25T00:00:00.5+01:00"])
def test_a_source_that_is_looked_after_is_not_talked_about(newest: str) -> None:
    assert list(quiet(origin(0, newest), Policy(), NOW)) == []


def test_a_source_whose_newest_record_is_old_is_named() -> None:
    (warning,) = quiet(origin(0, "2024-10-10T17:22:00Z"), Policy(max_age_days=0), NOW)
    assert "its newest record is of 2024-10-10: whoever keeps it may have stopped" in warning
    assert list(quiet(origin(0, "2024-10-10T17:22:00Z"), Policy(max_age_days=3650), NOW)) == []


@pytest.mark.parametrize("newest", ["", "lately", "2026-11-24T00:00:00"])
def test_a_source_that_does_not_say_of_when_its_records_are_is_named(newest: str) -> None:
    assert "nobody can say of when its newest record is" in next(quiet(origin(0, newest), Policy(), NOW))

from __future__ import annotations

import pytest

from evenfall.project.cooldown import cooldown_days, exclude_newer_days
from evenfall.project.pyproject import Pyproject


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", 0),
        ("2026-01-01", 0),
        ("2026-01-01T00:00:00Z", 0),
        ("P7D", 7),
        ("P2W", 14),
        ("PT25H", 2),
        ("P1DT12H", 2),
        ("7 days", 7),
        ("1 week", 7),
        ("24 hours", 1),
        ("3d", 3),
        ("2 weeks ago", 14),
        ("1 week, 2 days", 9),
        ("2 wks", 14),
        ("1w36hrs", 9),
        ("30 minutes", 0),
    ],
)
def test_a_duration_of_uv_is_a_number_of_days(text: str, days: int) -> None:
    assert exclude_newer_days(text) == days


@pytest.mark.parametrize(("exclude_newer", "days"), [("", 7), ("3 days", 7), ("7 days", 8), ("20 weeks", 90)])
def test_the_cooldown_is_longer_than_exclude_newer(exclude_newer: str, days: int) -> None:
    assert cooldown_days(Pyproject({"tool": {"uv": {"exclude-newer": exclude_newer}}})) == days

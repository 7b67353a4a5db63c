"""The cooldown of updates: the age that a release must have before an update to it is proposed."""

from __future__ import annotations

import math
import re

from evenfall.project.pyproject import Pyproject

MIN_COOLDOWN_DAYS = 7
MAX_COOLDOWN_DAYS = 90
"""The largest cooldown that Dependabot takes."""


def cooldown_days(pyproject: Pyproject) -> int:
    """Return the age in days that a release must have before an update to it is proposed: at least a day more than `exclude-newer`."""
    return min(max(MIN_COOLDOWN_DAYS, exclude_newer_days(pyproject.uv_exclude_newer) + 1), MAX_COOLDOWN_DAYS)


_UNITS = {"h": 1 / 24, "hour": 1 / 24, "d": 1, "day": 1, "w": 7, "week": 7, "month": 30, "year": 365}


def exclude_newer_days(text: str) -> int:
    """Return the number of days of a duration of uv, such as `P7D` or `2 weeks`, rounded up; 0 for a date or no value.

    https://docs.astral.sh/uv/reference/settings/#exclude-newer
    """
    if iso := re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:\d+[MS])*)?", text, re.IGNORECASE):
        weeks, days, hours = (int(part or 0) for part in iso.groups())
        return weeks * 7 + days + -(-hours // 24)
    if match := re.fullmatch(r"(\d+)\s*([a-z]+?)s?(?:\s+ago)?", text.strip(), re.IGNORECASE):
        unit = _UNITS.get(match[2].lower())
        return 0 if unit is None else math.ceil(int(match[1]) * unit)
    return 0

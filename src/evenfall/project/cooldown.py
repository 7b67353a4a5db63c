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


_HOURS = {"w": 7 * 24, "d": 24, "h": 1}


def exclude_newer_days(text: str) -> int:
    """Return the number of days of a duration of uv, such as `P7D`, `2 weeks` or `1w 12hrs`, rounded up; 0 for a date or no value.

    The first letter of a unit names it, and uv refuses months and years, which have no fixed length:
    https://docs.astral.sh/uv/reference/settings/#exclude-newer
    """
    hours = sum(int(number) * _HOURS[unit] for number, unit in re.findall(r"(\d+)\s*([wdh])", text.lower()))
    return math.ceil(hours / 24)

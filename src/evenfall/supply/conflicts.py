"""Edges of a lock that hold only while an extra or a group is asked for that is declared to conflict with another.

https://docs.astral.sh/uv/concepts/projects/config/#conflicting-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

EVERYTHING: tuple[str, ...] = ()
NO_GROUP = ("group",)
NEITHER = ("group", "extra")
"""What is not asked for: nothing at all, no group, neither group nor extra."""


@cache
def may_hold(marker: str, without: Iterable[str]) -> bool:
    """Whether a marker can be true where nothing of the kinds `without` is asked for, whatever the system is.

    uv writes such a condition as `extra == 'group-4-lamp-dev'`, and the whole as terms with "or" between them. Of a marker that is
    written in another way some term without the condition is left, too, wherever it can be true without it.
    """
    kinds = "|".join(without)
    if not kinds:
        return True
    asked = rf"extra\s*==\s*['\"]({kinds})-|['\"]({kinds})-[^'\"]*['\"]\s*==\s*extra"
    return any(not re.search(asked, term) for term in re.split(r"(?<![\w-])or(?![\w-])", marker))

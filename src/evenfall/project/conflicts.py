"""Edges of the lock graph that depend on the requested extras and groups, because some of them are declared to conflict.

https://docs.astral.sh/uv/concepts/projects/config/#conflicting-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cache

from packaging.utils import canonicalize_name

from evenfall.project.lockfile import Dependency

Requested = Callable[[str, bool], bool]
"""Return whether an extra or a group, such as `extra-4-lamp-fast` or `group-4-lamp-dev`, may be requested (`True`) or absent (`False`)."""


def any_request(_name: str, _is_requested: bool) -> bool:
    """Every extra and every group may be requested or absent."""
    return True


def no_groups(name: str, is_requested: bool) -> bool:
    """Every extra may be requested or absent; no group is requested."""
    return not (is_requested and name.startswith("group-"))


def only(names: Collection[str]) -> Requested:
    """Return the condition that exactly these names are requested."""
    return lambda name, is_requested: (name in names) is is_requested


def marker_name(extra: str, package: str) -> str:
    """Return the name that uv uses in a marker for an extra of a package."""
    name = canonicalize_name(package)
    return f"extra-{len(name)}-{name}-{canonicalize_name(extra)}"


def with_extras_of(edge: Dependency, requested: Requested) -> Requested:
    """Return the condition that also requests the extras of an edge: uv writes them into the edge's own marker."""
    if not edge.extra:
        return requested
    own = {marker_name(extra, edge.name) for extra in edge.extra}
    return lambda name, is_requested: (is_requested and name in own) or requested(name, is_requested)


def may_hold(marker: str, requested: Requested) -> bool:
    """Return whether a marker can be true on some system with these extras and groups.

    uv writes a condition as `extra == 'group-4-lamp-dev'` and joins terms with "or". If a marker has another form, the result
    may be true for a marker that never holds, but is never false for one that does.
    """
    return any(all(requested(name, is_requested) for name, is_requested in term) for term in _terms(marker))


@cache
def _terms(marker: str) -> tuple[tuple[tuple[str, bool], ...], ...]:
    """Return the conditions on extras and groups, one tuple for each term."""
    terms = re.split(r"(?<![\w-])or(?![\w-])", marker) if "extra" in marker else ("",)
    return tuple(tuple(_conditions(term)) for term in terms)


def _conditions(term: str) -> list[tuple[str, bool]]:
    found = [(name, sign) for sign, _, name in re.findall(r"extra\s*([=!])=\s*(['\"])([^'\"]*)['\"]", term)]
    found += [(name, sign) for _, name, sign in re.findall(r"(['\"])([^'\"]*)['\"]\s*([=!])=\s*extra", term)]
    return [(name, sign == "=") for name, sign in found if name.startswith(("extra-", "group-"))]

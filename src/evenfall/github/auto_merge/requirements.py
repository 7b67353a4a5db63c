"""The changes of `pyproject.toml` that Dependabot makes: new version specifiers of the requirements that `uv.lock` locks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from evenfall.project.pyproject import NAME
from evenfall.project.toml import parse_toml

_LOCKED = ("project.dependencies", "project.optional-dependencies", "dependency-groups")
"""The tables with requirements that uv locks. It does not lock those of `build-system`."""


def other_changes(before: bytes, after: bytes) -> tuple[str, ...]:
    """Return the keys of `pyproject.toml` that differ in something else than the version specifier of a locked requirement.

    Raises `EvenfallError` (usage) if a file is not TOML.
    """
    old, new = (parse_toml(content, NAME, hint=f"git restore {NAME}") for content in (before, after))
    return tuple(_differences("", old, new))


def _differences(key: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            yield from _differences(f"{key}.{name}".lstrip("."), old.get(name), new.get(name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for one, other in zip(old, new, strict=True):
            yield from _differences(key, one, other)
    elif (type(old), old) != (type(new), new) and not (_is_locked(key) and _differ_in_specifier(old, new)):
        yield key


def _is_locked(key: str) -> bool:
    return any(key == table or key.startswith(f"{table}.") for table in _LOCKED)


def _differ_in_specifier(old: object, new: object) -> bool:
    """Return whether two texts are the same requirement, apart from the versions."""
    try:
        one, other = Requirement(str(old)), Requirement(str(new))
    except InvalidRequirement:
        return False
    return _without_versions(one) == _without_versions(other) and not one.url


def _without_versions(requirement: Requirement) -> tuple[object, ...]:
    return requirement.name, requirement.extras, requirement.marker, requirement.url

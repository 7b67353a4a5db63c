"""Find the Python versions that a project supports, and check that `requires-python` and the classifiers agree."""

from __future__ import annotations

import re

from packaging.specifiers import SpecifierSet

from evenfall.errors import EvenfallError
from evenfall.project.pyproject import NAME, Pyproject

# The minor versions of CPython with a final release: https://devguide.python.org/versions/
RELEASED = tuple(f"3.{minor}" for minor in range(8, 16))

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.(?:0|[1-9][0-9]?))")


def supported_pythons(pyproject: Pyproject) -> tuple[str, ...]:
    """Return the minor versions that a project supports, oldest first, such as `("3.11", "3.12")`.

    The classifiers name them. Without such classifiers they are those of `[tool.evenfall] pythons`, or all released versions that
    `requires-python` allows. Raises `EvenfallError` (usage) if these contradict each other.
    """
    allowed = SpecifierSet(pyproject.requires_python)
    classified = {match[1] for line in pyproject.classifiers if (match := _CLASSIFIER.fullmatch(line))}
    configured = set(pyproject.settings.pythons)
    if classified and configured:
        raise EvenfallError(
            f"{NAME}: tool.evenfall.pythons: the classifiers name the Python versions already",
            hint="remove the key, because the matrix comes from the classifiers",
        )
    named = classified or configured
    if named:
        _check_agreement(named, allowed, "project.classifiers" if classified else "tool.evenfall.pythons")
        return _sorted(named)
    released = [version for version in RELEASED if allows_minor(allowed, version)]
    if not released:
        raise EvenfallError(
            f"{NAME}: project.requires-python: no released Python satisfies {pyproject.requires_python!r}",
            hint='write it like ">=3.11"',
        )
    return _sorted(set(released))


def _check_agreement(named: set[str], allowed: SpecifierSet, key: str) -> None:
    """Raise an error if a named version is not allowed, or if an allowed version below the last named one is missing."""
    excluded = _sorted({version for version in named if not allows_minor(allowed, version)})
    if excluded:
        raise EvenfallError(
            f"{NAME}: {key} names Python {', '.join(excluded)}, which project.requires-python ({str(allowed)!r}) excludes",
            hint=f"remove it from {key}, or widen requires-python",
        )
    last = _minor(_sorted(named)[-1])
    unnamed = (
        _sorted({v for v in RELEASED if _minor(v) < last and allows_minor(allowed, v)} - named) if str(allowed) else ()
    )
    if unnamed:
        raise EvenfallError(
            f"{NAME}: project.requires-python ({str(allowed)!r}) allows Python {', '.join(unnamed)}, which {key} does not name",
            hint=f"add it to {key}, or narrow requires-python",
        )


def allows_minor(allowed: SpecifierSet, version: str) -> bool:
    """Return whether any patch release of a minor version is allowed: `>=3.11.4` allows 3.11."""
    return any(allowed.contains(f"{version}.{patch}") for patch in (*range(40), 999))


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _sorted(versions: set[str]) -> tuple[str, ...]:
    return tuple(sorted(versions, key=_minor))

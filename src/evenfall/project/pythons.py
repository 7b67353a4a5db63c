"""Which Pythons a project supports: `requires-python` and the classifiers, named once and in agreement."""

from __future__ import annotations

import re

from packaging.specifiers import SpecifierSet

from evenfall.errors import EvenfallError
from evenfall.project.pyproject import NAME, Pyproject

# CPython's minor versions that have had a final release: https://devguide.python.org/versions/
RELEASED = tuple(f"3.{minor}" for minor in range(8, 16))

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.(?:0|[1-9][0-9]?))")


def supported_pythons(pyproject: Pyproject) -> tuple[str, ...]:
    """The minor versions a project supports, oldest first, like `("3.11", "3.12")`.

    Its classifiers name them; a project without such classifiers names them in `[tool.evenfall] pythons`, or means every
    released Python that `requires-python` allows. Raises `EvenfallError` (usage) where the two disagree.
    """
    allowed = SpecifierSet(pyproject.requires_python)
    classified = {match[1] for line in pyproject.classifiers if (match := _CLASSIFIER.fullmatch(line))}
    configured = set(pyproject.settings.pythons)
    if classified and configured:
        raise EvenfallError(
            f"{NAME}: tool.evenfall.pythons: the classifiers name the Pythons already",
            hint="remove the key: the matrix comes from the classifiers",
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


def primary_python(pyproject: Pyproject) -> str:
    """The Python of the sessions that run on one only: the oldest, where what is too new shows first."""
    return supported_pythons(pyproject)[0]


def _check_agreement(named: set[str], allowed: SpecifierSet, key: str) -> None:
    """Named and not allowed, or allowed and skipped between the first allowed and the last named, is a disagreement."""
    refused = _sorted({version for version in named if not allows_minor(allowed, version)})
    if refused:
        raise EvenfallError(
            f"{NAME}: {key} names Python {', '.join(refused)}, which project.requires-python ({str(allowed)!r}) refuses",
            hint=f"remove it from {key}, or widen requires-python",
        )
    last = _minor(_sorted(named)[-1])
    forgotten = (
        _sorted({v for v in RELEASED if _minor(v) < last and allows_minor(allowed, v)} - named) if str(allowed) else ()
    )
    if forgotten:
        raise EvenfallError(
            f"{NAME}: project.requires-python ({str(allowed)!r}) allows Python {', '.join(forgotten)}, which {key} does not name",
            hint=f"add it to {key}, or narrow requires-python",
        )


def allows_minor(allowed: SpecifierSet, version: str) -> bool:
    """Return whether any patch release of a minor version is allowed: `>=3.11.4` allows 3.11."""
    return any(allowed.contains(f"{version}.{patch}") for patch in (*range(40), 999))


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _sorted(versions: set[str]) -> tuple[str, ...]:
    return tuple(sorted(versions, key=_minor))

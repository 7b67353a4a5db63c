"""Find the Pythons that a project supports, and check that `requires-python` and the classifiers agree."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.specifiers import SpecifierSet

from evenfall.errors import EvenfallError
from evenfall.project.pyproject import NAME, Pyproject
from evenfall.project.python_names import allows_minor, is_cpython, minor_number, minor_version, sort_pythons

# The minor versions of CPython with a final release: https://devguide.python.org/versions/
RELEASED = tuple(f"3.{minor}" for minor in range(8, 16))

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.(?:0|[1-9][0-9]?))")


def supported_pythons(pyproject: Pyproject, *, locked: str = "", is_member: bool = False) -> tuple[str, ...]:
    """Return the Pythons that a project supports, oldest first, such as `("3.11", "3.12", "3.12t")`.

    The classifiers name the versions of CPython. Without such classifiers they are those of `[tool.evenfall] pythons`, or all
    released versions that `requires-python` allows. Free-threaded builds and PyPy are those of `[tool.evenfall] pythons` in any
    case, because their classifiers have no version. `locked` is `requires-python` of the lock of a project without its own: it names
    the only version of Python with which the lock is current. The settings of a member are those of its workspace: a version in them
    is for the members that allow it and have no such classifiers. Raises `EvenfallError` (usage) if these contradict each other.
    """
    allowed = SpecifierSet(pyproject.requires_python)
    classified = {match[1] for line in pyproject.classifiers if (match := _CLASSIFIER.fullmatch(line))}
    configured = set(pyproject.settings.pythons)
    if is_member:
        fitting = (each for each in configured if allows_minor(allowed, minor_version(each)))
        configured = {each for each in fitting if not (classified and is_cpython(each))}
    versions = set(filter(is_cpython, configured))
    if classified and versions and versions != classified:
        raise EvenfallError(
            f"{NAME}: tool.evenfall.pythons: the classifiers name other versions of Python: {', '.join(sort_pythons(classified))}",
            hint="remove the versions from the key, because the classifiers name them; or correct the classifiers",
        )
    named = classified or versions
    if named and not (is_member and versions):
        _check_agreement(named, allowed, "project.classifiers" if classified else "tool.evenfall.pythons")
    others = configured - versions
    _check_allowed(others, allowed, "tool.evenfall.pythons")
    if locked:
        named = {_only_version(named, locked)}
    elif not named:
        named = {version for version in RELEASED if allows_minor(allowed, version)}
    if not named:
        raise EvenfallError(
            f"{NAME}: project.requires-python: no released Python satisfies {pyproject.requires_python!r}",
            hint='write it like ">=3.11"',
        )
    return sort_pythons(named | others)


def _only_version(named: Iterable[str], locked: str) -> str:
    """Return the version that uv wrote into the lock. Raises an error if others are named, because uv would lock again for these."""
    version = ".".join(re.findall(r"\d+", locked)[:2])
    if others := [each for each in sort_pythons(named) if each != version]:
        raise EvenfallError(
            f"{NAME}: project.requires-python is missing, so uv locks for Python {version} only, and not for {', '.join(others)}",
            hint=f'add requires-python = ">={sort_pythons(named)[0]}", then uv lock',
        )
    return version


def _check_agreement(named: set[str], allowed: SpecifierSet, key: str) -> None:
    """Raise an error if a named version is not allowed, or if an allowed version below the last named one is missing."""
    _check_allowed(named, allowed, key)
    last = minor_number(sort_pythons(named)[-1])
    unnamed = (
        sort_pythons({v for v in RELEASED if minor_number(v) < last and allows_minor(allowed, v)} - named)
        if str(allowed)
        else ()
    )
    if unnamed:
        raise EvenfallError(
            f"{NAME}: project.requires-python ({str(allowed)!r}) allows Python {', '.join(unnamed)}, which {key} does not name",
            hint=f"add it to {key}, or narrow requires-python",
        )


def _check_allowed(named: Iterable[str], allowed: SpecifierSet, key: str) -> None:
    excluded = [python for python in sort_pythons(named) if not allows_minor(allowed, minor_version(python))]
    if excluded:
        raise EvenfallError(
            f"{NAME}: {key} names Python {', '.join(excluded)}, which project.requires-python ({str(allowed)!r}) excludes",
            hint=f"remove it from {key}, or widen requires-python",
        )

"""The names of Pythons, and which of them a version specifier allows.

A Python has the name that Nox and uv give it: `3.13`, `3.13t` for the free-threaded build, `pypy3.11`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.specifiers import SpecifierSet


def is_cpython(python: str) -> bool:
    """Return whether a name means the default build of CPython, such as `3.13`."""
    return python.startswith("3.") and not python.endswith("t")


def minor_version(python: str) -> str:
    """Return the version of the language without the name of the implementation or the build: `3.11` for `pypy3.11`."""
    return python.removeprefix("pypy").removesuffix("t")


def allows_minor(allowed: SpecifierSet, version: str) -> bool:
    """Return whether any patch release of a minor version is allowed: `>=3.11.4` allows 3.11."""
    return any(allowed.contains(f"{version}.{patch}") for patch in _patches(allowed))


def limits_patches(allowed: SpecifierSet, python: str) -> bool:
    """Return whether only some patch releases of a Python are allowed: `>=3.11.4` allows not every 3.11."""
    if not re.fullmatch(r"(pypy)?3\.\d+t?", python):
        return False
    version = minor_version(python)
    return len({allowed.contains(f"{version}.{patch}") for patch in _patches(allowed)}) > 1


def with_patches(python: str, allowed: SpecifierSet) -> str:
    """Return the name of a Python with the allowed releases, if they are not all of them: `3.11 (3.11.4 or newer)`."""
    if not limits_patches(allowed, python):
        return python
    version = minor_version(python)
    answers = [(patch, allowed.contains(f"{version}.{patch}")) for patch in _patches(allowed)]
    first = next(patch for patch, is_allowed in answers if is_allowed)
    if all(is_allowed for patch, is_allowed in answers if patch >= first):
        return f"{python} ({version}.{first} or newer)"
    return f"{python} ({allowed})"


def _patches(allowed: SpecifierSet) -> tuple[int, ...]:
    """Return the patch releases for which the answer can differ: those that a specifier names, the next ones, and the ends."""
    named = {int(number) for number in re.findall(r"\d+\.\d+\.(\d+)", str(allowed))}
    return tuple(
        sorted({0, 1, *named, *(number + 1 for number in named), *(max(0, number - 1) for number in named), 999})
    )


def minor_number(python: str) -> int:
    """Return the number of the minor version: 13 for `3.13t`."""
    return int(minor_version(python).partition(".")[2])


def sort_pythons(pythons: Iterable[str]) -> tuple[str, ...]:
    """Return the names without duplicates, the oldest first, and those of PyPy last."""
    return tuple(sorted(set(pythons), key=lambda python: (not python.startswith("3"), minor_number(python), python)))

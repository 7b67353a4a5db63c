"""Which of a package's files is asked for its metadata."""

from __future__ import annotations

from evenfall.project.lockfile import DistributionFile, LockedPackage

REMOTE = ("http://", "https://")
"""How the address of a file begins that a server has; others lie in a folder here."""
WHEELS = 2
"""Wheels of a package that are tried at most, when an index has dropped one."""


def candidates(package: LockedPackage) -> tuple[DistributionFile, ...]:
    """The smallest wheels, then the sdist: a wheel's metadata are final, and a part of it is enough to read them."""
    wheels = sorted(package.wheels, key=lambda file: (file.size or 0, file.name))[:WHEELS]
    return (*wheels, *([package.sdist] if package.sdist else []))

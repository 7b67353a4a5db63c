"""The hashes that a lock states, and which of them stands for a component."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evenfall.project.lockfile import DistributionFile, LockedPackage

if TYPE_CHECKING:
    from cyclonedx.model import HashType

_ALGORITHMS = {"md5": ("MD5", 32), "sha1": ("SHA-1", 40), "sha256": ("SHA-256", 64)} | {
    "sha384": ("SHA-384", 96),
    "sha512": ("SHA-512", 128),
}
"""As a lock names an algorithm: its name in CycloneDX, and how many hexadecimal digits it has."""


def hashes(file: DistributionFile) -> tuple[HashType, ...]:
    """The file's hash as the lock states it; none where it states none, or one that can't be."""
    from cyclonedx.model import HashAlgorithm, HashType

    algorithm, _, digest = (file.hash or "").partition(":")
    name, digits = _ALGORITHMS.get(algorithm, ("", 0))
    if not digits or not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", digest):
        return ()
    return (HashType(alg=HashAlgorithm(name), content=digest.lower()),)


def representative(package: LockedPackage) -> DistributionFile | None:
    """The one file whose hash is the component's.

    The wheel for every system, which is what gets installed; else the sdist, from which all wheels are built; else the lock's
    first wheel.
    """
    universal = (wheel for wheel in package.wheels if wheel.name.endswith("-none-any.whl"))
    return next((file for file in (*universal, *package.files) if hashes(file)), None)

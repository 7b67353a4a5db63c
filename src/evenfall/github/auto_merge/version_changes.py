"""The kind of an update: patch, minor, major, or one that a person must judge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from packaging.version import Version


class UpdateKind(Enum):
    """The kind of an update, as Dependabot's groups have it: a new minor version of 0.x is a minor update."""

    PATCH = "a patch update"
    MINOR = "a minor update"
    MAJOR = "a major update"
    DOWNGRADE = "a downgrade"
    PRE_RELEASE = "an update to a pre-release"
    ADDED = "a new package"
    REMOVED = "a removed package"
    UNKNOWN = "a change that is neither a patch nor a minor update"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """A package whose locked versions differ, with all versions before and after.

    A release that has no version, or is not from an index, is an empty string.
    """

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __str__(self) -> str:
        versions = (", ".join(versions) or "(none)" for versions in (self.before, self.after))
        return f"{self.name} {' -> '.join(versions)}"


_ORDER = (UpdateKind.PATCH, UpdateKind.MINOR)


def update_kind(change: VersionChange) -> UpdateKind:
    """Return the kind of a change.

    A lock can have several versions of a package, for different systems. Then each is compared with that of the same rank, and the kind is
    that of the largest difference.
    """
    try:
        before, after = (sorted({Version(text) for text in texts}) for texts in (change.before, change.after))
    except ValueError:  # InvalidVersion, and Python's own error for a number with more than 4300 digits
        return UpdateKind.UNKNOWN
    if not before or not after:
        return UpdateKind.ADDED if after else UpdateKind.REMOVED
    if len(before) != len(after):
        return UpdateKind.UNKNOWN
    kinds = [_kind(*pair) for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    others = [kind for kind in kinds if kind not in _ORDER]
    return others[0] if others else max(kinds, key=_ORDER.index, default=UpdateKind.UNKNOWN)


def _kind(before: Version, after: Version) -> UpdateKind:
    if after < before:
        return UpdateKind.DOWNGRADE
    if after.is_prerelease:
        return UpdateKind.PRE_RELEASE
    if (after.epoch, after.major) != (before.epoch, before.major):
        return UpdateKind.MAJOR
    if before.local or after.local:
        return UpdateKind.UNKNOWN
    return UpdateKind.PATCH if after.minor == before.minor else UpdateKind.MINOR

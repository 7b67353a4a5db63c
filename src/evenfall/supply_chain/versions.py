"""Versions in records, metadata and locks, which may not be valid PEP 440."""

from __future__ import annotations

from functools import cache

from packaging.utils import canonicalize_version
from packaging.version import Version


@cache
def parse_version(text: str) -> Version | None:
    """Return the version, or None if the text is not valid PEP 440."""
    try:
        return Version(text)
    except ValueError:  # `InvalidVersion`, and Python's own error for a number of more than 4300 digits
        return None


@cache
def canonical_version(text: str) -> str:
    """Return a text that is the same for equal versions; an invalid version stays as it is."""
    version = parse_version(text)
    return text if version is None else canonicalize_version(version)


def same_version(one: str, other: str) -> bool:
    """Return whether two texts are the same version, such as `1.0` and `1.0.0`."""
    return canonical_version(one) == canonical_version(other)

"""Versions (PEP 440) that others wrote, of which some are none."""

from __future__ import annotations

from functools import cache

from packaging.utils import canonicalize_version
from packaging.version import Version


@cache
def parsed(text: str) -> Version | None:
    """A version, or `None`."""
    try:
        return Version(text)
    except ValueError:  # `InvalidVersion`, and what Python says of a number of more than 4300 digits
        return None


@cache
def canonical(text: str) -> str:
    """A version such that equal ones are the same text; what is no version stays as it is."""
    known = parsed(text)
    return text if known is None else canonicalize_version(known)


def same_version(one: str, other: str) -> bool:
    """Whether two ways to write it are one version: `1.0` and `1.0.0`."""
    return canonical(one) == canonical(other)

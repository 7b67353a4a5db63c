"""Vulnerabilities that somebody answers for: `[tool.evenfall.audit] ignore`. An expired or an unused one is itself a finding."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.utils import canonicalize_name

from evenfall.findings import Finding, Location
from evenfall.project import pyproject
from evenfall.project.settings import Ignore
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability

_SAFETYS_OWN = re.compile(r"(PVE|SFTY)-|\d+\Z", re.IGNORECASE)
"""Names that only Safety gives; without it nobody can tell whether an ignore of one is used."""


def matches(ignore: Ignore, row: Vulnerability) -> bool:
    """By any name of the vulnerability, upper and lower case alike."""
    of_package = ignore.package is None or canonicalize_name(ignore.package) == row.subject.name
    return of_package and ignore.id.casefold() in {name.casefold() for name in row.names}


def ignored(
    rows: Iterable[Vulnerability], ignores: Sequence[Ignore], today: datetime.date
) -> Mapping[Vulnerability, Ignore]:
    """The rows that somebody answers for, with what they said; through the day on which it expires."""
    valid = [ignore for ignore in ignores if ignore.expires >= today]
    return {row: ignore for row in rows for ignore in valid if matches(ignore, row)}


def amiss(
    ignores: Sequence[Ignore], rows: Sequence[Vulnerability], today: datetime.date, *, heard_safety: bool
) -> Iterator[Finding]:
    """The ignores that have expired, and those that nothing needs any more."""
    for place, ignore in enumerate(ignores):
        where = Location(path=pyproject.NAME, key=f"tool.evenfall.audit.ignore[{place}]")
        if not any(matches(ignore, row) for row in rows):
            if heard_safety or not _SAFETYS_OWN.match(ignore.id):
                of = f" of {ignore.package}" if ignore.package else ""
                reason = f"nothing that is locked has {ignore.id}{of}: nobody needs to answer for it"
                yield Finding(code="ignore-unused", location=where, reason=reason, fix="remove it")
        elif ignore.expires < today:
            reason = f"{ignore.id}: expired on {ignore.expires}; {ignore.owner} answered for it: {ignore.reason}"
            yield Finding(
                code="ignore-expired", location=where, reason=reason, fix="upgrade, or decide again until when"
            )

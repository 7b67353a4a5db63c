"""The ignores of `[tool.evenfall.audit]`: which vulnerabilities they cover, and findings for expired and unused ones."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.utils import canonicalize_name

from evenfall.findings import Finding, Location
from evenfall.project import pyproject
from evenfall.project.settings import Ignore
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability

_SAFETY_ID = re.compile(r"(PVE|SFTY)-|\d+\Z", re.IGNORECASE)
"""Ids that only Safety gives."""


def matches(ignore: Ignore, vulnerability: Vulnerability) -> bool:
    """Return whether an ignore names any id of a vulnerability, in upper or lower case, and its package if it names one."""
    is_package = ignore.package is None or canonicalize_name(ignore.package) == vulnerability.package.name
    return is_package and ignore.id.casefold() in {each.casefold() for each in vulnerability.ids}


def active_ignores(
    vulnerabilities: Iterable[Vulnerability], ignores: Sequence[Ignore], today: datetime.date
) -> Mapping[Vulnerability, Ignore]:
    """Return the ignored vulnerabilities, each with its ignore, which is valid through the day on which it expires."""
    valid = [ignore for ignore in ignores if ignore.expires >= today]
    return {each: ignore for each in vulnerabilities for ignore in valid if matches(ignore, each)}


def ignore_findings(
    ignores: Sequence[Ignore], vulnerabilities: Sequence[Vulnerability], today: datetime.date, *, safety_scanned: bool
) -> Iterator[Finding]:
    """Yield a finding for each ignore that has expired, and for each that matches no vulnerability.

    Whether an ignore of one of Safety's own ids is unused is only known after a `safety scan`.
    """
    for place, ignore in enumerate(ignores):
        location = Location(path=pyproject.NAME, key=f"tool.evenfall.audit.ignore[{place}]")
        if not any(matches(ignore, each) for each in vulnerabilities):
            if safety_scanned or not _SAFETY_ID.match(ignore.id):
                of = f" of {ignore.package}" if ignore.package else ""
                reason = f"unused ignore: no locked package matches {ignore.id}{of}"
                yield Finding(code="ignore-unused", location=location, reason=reason, fix="remove it")
        elif ignore.expires < today:
            reason = f"the ignore of {ignore.id} by {ignore.owner} expired on {ignore.expires}: {ignore.reason}"
            fix = "upgrade the package, or set a new date"
            yield Finding(code="ignore-expired", location=location, reason=reason, fix=fix)

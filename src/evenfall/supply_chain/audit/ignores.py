"""The policy's ignores: which of them applies, and findings about those that have expired or that nothing matches."""

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
_STATUS = re.compile(r"[a-z-]+\Z")
"""The statuses that only an index gives."""


def ignore_text(ignore: Ignore) -> str:
    """Return which id is ignored, until when, by whom and why."""
    return f"{ignore.id} is ignored until {ignore.expires} by {ignore.owner}: {ignore.reason}"


def _matches(ignore: Ignore, ids: Iterable[str], package: str) -> bool:
    """Return whether an ignore names any of the ids, in upper or lower case, and the package if it names one."""
    is_package = ignore.package is None or canonicalize_name(ignore.package) == package
    return is_package and ignore.id.casefold() in {name.casefold() for name in ids}


def find_ignore(ignores: Iterable[Ignore], ids: Iterable[str], package: str, today: datetime.date) -> Ignore | None:
    """Return the ignore of these ids of a package that is valid longest, through the day on which it expires; None if there is none."""
    valid = (ignore for ignore in ignores if ignore.expires >= today and _matches(ignore, ids, package))
    return max(valid, key=lambda ignore: ignore.expires, default=None)


def active_ignores(
    vulnerabilities: Iterable[Vulnerability], ignores: Sequence[Ignore], today: datetime.date
) -> Mapping[Vulnerability, Ignore]:
    """Return the ignored vulnerabilities, each with its ignore."""
    found = ((each, find_ignore(ignores, each.ids, each.package.name, today)) for each in vulnerabilities)
    return {vulnerability: ignore for vulnerability, ignore in found if ignore}


def ignore_findings(
    ignores: Sequence[Ignore],
    subjects: Sequence[tuple[tuple[str, ...], str]],
    today: datetime.date,
    *,
    safety_scanned: bool,
    statuses_known: bool,
) -> Iterator[Finding]:
    """Yield a finding for each ignore that has expired, and for each that matches none of the subjects (ids and package).

    Whether an ignore of one of Safety's own ids is unused is only known after a `safety scan`, and that of a status if every index has
    answered.
    """
    for index, ignore in enumerate(ignores):
        location = Location(path=pyproject.NAME, key=f"tool.evenfall.audit.ignore[{index}]")
        if not any(_matches(ignore, *subject) for subject in subjects):
            unasked = (_SAFETY_ID, not safety_scanned), (_STATUS, not statuses_known)
            if not any(kind.match(ignore.id) for kind, is_unknown in unasked if is_unknown):
                package = f" of {ignore.package}" if ignore.package else ""
                reason = f"unused ignore: no locked package matches {ignore.id}{package}"
                yield Finding(code="ignore-unused", location=location, reason=reason, fix="remove it")
        elif ignore.expires < today:
            reason = f"the ignore of {ignore.id} by {ignore.owner} expired on {ignore.expires}: {ignore.reason}"
            fix = "upgrade the package, or set a new date"
            yield Finding(code="ignore-expired", location=location, reason=reason, fix=fix)

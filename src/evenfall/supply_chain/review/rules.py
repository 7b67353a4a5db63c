"""What is to be said of the differences between two locks."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from evenfall.findings import Finding, Location, Severity
from evenfall.project import lockfile
from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import LockedPackage
from evenfall.project.settings import AuditPolicy
from evenfall.supply_chain.audit.ignores import active_ignores
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability
from evenfall.supply_chain.review.changed_files import Tampered
from evenfall.supply_chain.review.lock_diff import Differences
from evenfall.supply_chain.review.new_releases import Strange
from evenfall.supply_chain.review.releases import version_of
from evenfall.supply_chain.review.sources import is_outside, place
from evenfall.text import and_more, without_password

RESTORE = f"find out who changed it and why, or: git restore --source BASE {lockfile.NAME} && uv lock"
FAILS_FROM = Level.MODERATE
"""What a new vulnerability must at least be to fail, as GitHub's dependency review is told, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerable:
    """The vulnerabilities that come with a change, and those that go with it."""

    new: tuple[Vulnerability, ...]
    gone: tuple[Vulnerability, ...]


def weigh(before: Iterable[Vulnerability], after: Iterable[Vulnerability]) -> Vulnerable:
    """A vulnerability is the same in both locks where it is of one package and shares a name, whatever the version."""
    old, new = tuple(before), tuple(after)
    return Vulnerable(
        new=tuple(row for row in new if not any(_same(row, other) for other in old)),
        gone=tuple(row for row in old if not any(_same(row, other) for other in new)),
    )


def _same(one: Vulnerability, other: Vulnerability) -> bool:
    return one.package.name == other.package.name and not set(one.ids).isdisjoint(other.ids)


def findings(
    differences: Differences, *, min_age_days: int, now: datetime.datetime, prefix: str = ""
) -> Iterator[Finding]:
    """Releases that are not what they were, packages that come from elsewhere, and those that nobody has had for long.

    `prefix` is where the project lies in its repository.
    """
    for tampered in differences.tampered:
        yield from _of_tampered(tampered)
    for strange in differences.strange:
        yield from _of_strange(strange)
    for package, before, after in differences.moved:
        what = f"comes from {_safe(after)}, and came from {_safe(before)}"
        yield _of_package("review-source-changed", package, what, Severity.ERROR, RESTORE)
    for package in differences.built:
        outside = is_outside(package.source, prefix)
        what = f"is built from {_safe(str(package.source))}{', which is not in this repository' if outside else ''}"
        yield _of_package(
            "review-built", package, what, Severity.ERROR if outside else Severity.NOTE, RESTORE if outside else ""
        )
    for reached in differences.new:
        yield from _of_age(reached, min_age_days, now)


def no_base(revision: str) -> Finding:
    """Where a base has no lock of a project, nothing is compared: all that is locked counts as new."""
    reason = f"{revision} has no {lockfile.NAME} here that holds a project, so nothing that is locked could be compared with what it was"
    return Finding(
        code="review-no-base",
        severity=Severity.WARNING,
        location=Location(path=lockfile.NAME),
        reason=reason,
        fix="where the lock was moved, look at its diff: git diff --find-renames",
    )


def _of_tampered(found: Tampered) -> Iterator[Finding]:
    reached = found.reached
    if found.sources:
        before, after = found.sources
        what = f"the same version comes from {_safe(after)}, and came from {_safe(before)}"
        yield _finding("review-source-changed", reached, what, fix=RESTORE)
    if found.other_hash:
        what = f"the same files have other contents: {and_more(found.other_hash)}; an index does not do that"
        yield _finding("review-hash-changed", reached, what, fix=RESTORE)
    if found.no_wheel_left:
        what = f"no wheel is left, so its build runs wherever it is installed; gone: {and_more(found.gone)}"
        yield _finding("review-wheel-gone", reached, what, fix=RESTORE)
    elif found.gone:
        what = f"files are gone: {and_more(found.gone)} (a narrower requires-python does that too)"
        yield _finding("review-wheel-gone", reached, what, Severity.WARNING, fix=RESTORE)
    if found.doubled:
        yield _of_doubled(reached, found.doubled)
    if found.from_elsewhere:
        what = f"files lie on another host than before: {and_more(found.from_elsewhere)}"
        yield _finding("review-source-changed", reached, what, fix=RESTORE)
    elif found.came:
        what = f"files came to a release that was there: {and_more(found.came)}"
        yield _finding("review-file-came", reached, what, Severity.WARNING, fix="look whether its index has them")


def _of_strange(found: Strange) -> Iterator[Finding]:
    reached = found.reached
    if found.new_place:
        what = f"comes from {_safe(place(reached.package))}, from which nothing came before"
        yield _finding("review-source-changed", reached, what, Severity.WARNING, fix=RESTORE)
    if found.from_elsewhere:
        what = f"files lie on another server than its index's others: {and_more(found.from_elsewhere)}"
        yield _finding("review-source-changed", reached, what, fix=RESTORE)
    if found.without_hash:
        what = f"files have no hash, so nobody checks what is installed: {and_more(found.without_hash)}"
        yield _finding("review-hash-missing", reached, what, fix=RESTORE)
    if found.doubled:
        yield _of_doubled(reached, found.doubled)


def _of_doubled(reached: RequiredPackage, names: Sequence[str]) -> Finding:
    what = f"files stand there twice under one name, and the first is taken: {and_more(names)}"
    return _finding("review-file-doubled", reached, what, fix=RESTORE)


def _of_age(reached: RequiredPackage, days: int, now: datetime.datetime) -> Iterator[Finding]:
    if not days or not reached.package.source.registry:
        return
    times = [_time(file.upload_time) for file in reached.package.files]
    uploaded = [time for time in times if time]
    if None in times or not times:
        yield _finding("review-age-unknown", reached, "its index does not say when it was uploaded", Severity.NOTE)
    if uploaded and now - max(uploaded) < datetime.timedelta(days=days):
        what = f"a file of it was uploaded on {max(uploaded):%Y-%m-%d}, less than {days} days ago: few have had it yet"
        yield _finding("review-young", reached, what, Severity.WARNING, fix="wait, or look at what it changes")


def _time(text: str | None) -> datetime.datetime | None:
    try:
        time = datetime.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def of_vulnerabilities(rows: Sequence[Vulnerability], policy: AuditPolicy, today: datetime.date) -> Iterator[Finding]:
    """An error from moderate on; for what has no level the audit's policy says whether it fails. What somebody answers for is a note."""
    answered = active_ignores(rows, policy.ignore, today)
    for row in rows:
        known = row.level is not Level.UNKNOWN
        fails = row.level >= FAILS_FROM if known else policy.unknown == "fail"
        fixed = f"; fixed in {', '.join(row.fixed)}" if row.fixed else ""
        summary = f": {row.summary}" if row.summary else ""
        yield _finding(
            "review-vulnerable",
            row.package.required,
            f"it brings {row.id}, {row.rating}{summary}{fixed}",
            Severity.NOTE if row in answered else Severity.ERROR if fails else Severity.WARNING,
            fix=row.fix,
        )


def _finding(
    code: str, reached: RequiredPackage, what: str, severity: Severity = Severity.ERROR, fix: str = ""
) -> Finding:
    return _of_package(code, reached.package, what, severity, fix)


def _of_package(code: str, package: LockedPackage, what: str, severity: Severity, fix: str) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        location=Location(path=lockfile.NAME, line=package.line),
        reason=f"{package.name} {version_of(package)}: {what}",
        fix=fix,
    )


def _safe(text: str) -> str:
    return without_password(text) or "an unnamed source"

"""The rules of a review: findings about the differences between two locks."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from evenfall.findings import Finding, Location, Severity
from evenfall.package_index.page import parse_time
from evenfall.project.lockfile import LockedPackage
from evenfall.project.settings import AuditPolicy
from evenfall.supply_chain.audit.ignores import active_ignores
from evenfall.supply_chain.audit.rules import finding_severity
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability
from evenfall.supply_chain.metadata.release_status import ReleaseStatus, status_severity
from evenfall.supply_chain.review.lock_diff import LockDiff
from evenfall.supply_chain.review.release_rules import release_finding
from evenfall.supply_chain.review.sources import is_outside_repository
from evenfall.text import one_line

_FAIL_ON: Literal["moderate"] = "moderate"
"""The lowest level at which a new vulnerability is an error, as in the hosted job `dependency-review`."""
_MAX_REASON = 300
"""The number of characters of the index's own words that are shown."""


def missing_from(
    others: Sequence[Vulnerability], vulnerabilities: Sequence[Vulnerability]
) -> tuple[Vulnerability, ...]:
    """Return the vulnerabilities that are not among the others. One of a package is the same if one has the preferred id of the other.

    A record about several vulnerabilities gives its other ids to each of them.
    """
    return tuple(each for each in vulnerabilities if not any(_is_same(each, other) for other in others))


def _is_same(one: Vulnerability, other: Vulnerability) -> bool:
    return one.package.name == other.package.name and (one.id in other.ids or other.id in one.ids)


def diff_findings(diff: LockDiff, *, min_age_days: int, now: datetime.datetime, prefix: str = "") -> Iterator[Finding]:
    """Yield findings about changed, unusual and recent releases, and about changed sources.

    `prefix` is the folder of the project in its repository.
    """
    yield from diff.findings
    for package in diff.new_folders:
        yield _local_source(package, prefix)
    for required in diff.new_releases:
        yield from _age_findings(required.package, min_age_days, now)


def no_base_finding(revision: str, lock: str) -> Finding:
    """Return the finding that the base has no lock of a project, so that all locked packages count as new."""
    return Finding(
        code="review-no-base",
        severity=Severity.WARNING,
        location=Location(path=lock),
        reason=f"{revision} has no {lock} with a project here, so all locked packages count as new",
        fix="if the lock was moved, read its diff: git diff --find-renames",
    )


def unknown_status_finding(reason: str, lock: str) -> Finding:
    """Return the note that the index was not asked, because the user works offline."""
    return Finding(
        code="review-status-unknown",
        severity=Severity.NOTE,
        location=Location(path=lock),
        reason=reason,
        fix="evenfall review, without --offline",
    )


def vulnerability_findings(
    vulnerabilities: Sequence[Vulnerability], policy: AuditPolicy, today: datetime.date
) -> Iterator[Finding]:
    """Yield a finding for each new vulnerability.

    It is a note if the audit's policy ignores it, else an error if its level is moderate or higher, else a warning. The policy decides
    about an unknown level.
    """
    ignored = active_ignores(vulnerabilities, policy.ignore, today)
    review_policy = msgspec.structs.replace(policy, fail_on=_FAIL_ON)
    for vulnerability in vulnerabilities:
        severity = finding_severity(vulnerability.level, review_policy)
        fixed = f"; fixed in {', '.join(vulnerability.fixed)}" if vulnerability.fixed else ""
        summary = f": {vulnerability.summary}" if vulnerability.summary else ""
        yield release_finding(
            "review-vulnerable",
            vulnerability.package.required.package,
            f"has {vulnerability.id}, {vulnerability.rating}{summary}{fixed}",
            Severity.NOTE if vulnerability in ignored else severity,
            fix=vulnerability.fix,
        )


def status_findings(package: LockedPackage, status: ReleaseStatus) -> Iterator[Finding]:
    """Yield findings about what the index says of a new release and of its project.

    https://packaging.python.org/en/latest/specifications/project-status-markers/
    """
    if status.is_yanked:
        fix = "evenfall audit, which says how to get another version"
        reason = f"is yanked{_quoted(status.yank_reason)}"
        yield release_finding("review-yanked", package, reason, status_severity("yanked"), fix=fix)
    if status.project != "active":
        fix = "read the page of the project on its index"
        reason = f"its project is {one_line(status.project)[:_MAX_REASON]}{_quoted(status.project_reason)}"
        yield release_finding("review-project-status", package, reason, status_severity(status.project), fix=fix)


def _quoted(reason: str) -> str:
    return f": {one_line(reason)[:_MAX_REASON]}" if reason else ""


def _local_source(package: LockedPackage, prefix: str) -> Finding:
    source = str(package.source) if package.version else "this folder"  # a package without a version is shown with it
    if is_outside_repository(package.source, prefix):
        return release_finding(
            "review-local-source", package, f"is built from {source}, which is outside the repository"
        )
    return release_finding("review-local-source", package, f"is built from {source}", Severity.NOTE, fix="")


def _age_findings(package: LockedPackage, min_age_days: int, now: datetime.datetime) -> Iterator[Finding]:
    if not min_age_days or not package.source.registry:
        return
    times = [parse_time(file.upload_time) for file in package.files]
    known = [time for time in times if time]
    if None in times or not times:
        reason = "its index does not state when every file was uploaded"
        yield release_finding("review-age-unknown", package, reason, Severity.NOTE, fix="")
    if known and now - max(known) < datetime.timedelta(days=min_age_days):
        reason = f"a file was uploaded on {max(known):%Y-%m-%d}, less than {min_age_days} days ago"
        fix = "wait, or read the changes of the release"
        yield release_finding("review-recent-release", package, reason, Severity.WARNING, fix=fix)

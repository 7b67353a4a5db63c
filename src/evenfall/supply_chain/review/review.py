"""The review of a change of `uv.lock`: `run_review` collects the inputs; `rules` decides."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding
from evenfall.git.repository import path_from_top
from evenfall.project import lockfile
from evenfall.project.lock_subject import LockSubject, find_lock_subject
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.project.settings import AuditPolicy
from evenfall.supply_chain.audit.audit import load_index
from evenfall.supply_chain.audit.download import AdvisorySource, parse_source
from evenfall.supply_chain.audit.freshness import staleness_error
from evenfall.supply_chain.audit.packages import audited_packages
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability, find_vulnerabilities
from evenfall.supply_chain.licenses.licenses import check_packages
from evenfall.supply_chain.licenses.policy import resolve_policy
from evenfall.supply_chain.licenses.rules import UNUSED_EXEMPTION, LicenseReport
from evenfall.supply_chain.metadata.find_metadata import metadata_hint, own_sources
from evenfall.supply_chain.metadata.release_status import ReleaseStatus, find_statuses, unknown_statuses
from evenfall.supply_chain.review.lock_diff import LockDiff, diff_locks
from evenfall.supply_chain.review.release_rules import BASE
from evenfall.supply_chain.review.releases import printed_version
from evenfall.supply_chain.review.report import NO_BASE, ReviewReport
from evenfall.supply_chain.review.revisions import base_lock, find_range, head_lock
from evenfall.supply_chain.review.rules import (
    diff_findings,
    missing_from,
    no_base_finding,
    status_findings,
    unknown_status_finding,
    vulnerability_findings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """The project in or above `folder`, or a script, and the options of `evenfall review`."""

    folder: Path
    script: Path | None = None
    revisions: str = ""
    database: str = ""
    network: bool = True


def run_review(request: ReviewRequest) -> ReviewReport:
    """Compare the locks of two revisions and return the report.

    Raises `EvenfallError`: wrong settings or revisions, or a lock that is broken or out of date (usage); a base that is not in
    this clone, or uv could not find out whether the lock is current (unknown).
    """
    now = datetime.datetime.now(datetime.UTC)
    subject = find_lock_subject(request.folder, request.script)
    settings = subject.settings
    resolve_policy(settings.licenses)  # an invalid policy is reported before anything else is read
    database = request.database or settings.audit.database
    source = parse_source(database, request.folder if request.database else subject.settings_root)
    revisions = find_range(subject, request.revisions)
    base, after = base_lock(subject, revisions.base), head_lock(subject, revisions.head)
    before = base or Lockfile(version=lockfile.VERSION, name=subject.lock_name)

    diff = diff_locks(before, after)
    fixed, vulnerabilities, unknown = (
        _diff_vulnerabilities(before, after, source, settings.audit, now) if diff.changes else ((), (), "")
    )
    sources = own_sources(subject, network=request.network)
    licenses = check_packages(after, diff.new_releases, settings.licenses, sources)

    statuses, unknown_status = _known_statuses(diff, subject, network=request.network)

    findings = (
        *([no_base_finding(revisions.base, after.name)] if revisions.base and not base else []),
        *diff_findings(diff, min_age_days=settings.review.min_age_days, now=now, prefix=path_from_top(subject.folder)),
        *(finding for package, status in statuses for finding in status_findings(package, status)),
        *([unknown_status_finding(unknown_status, after.name)] if unknown_status and not request.network else []),
        *vulnerability_findings(vulnerabilities, settings.audit, now.date()),
        *(finding for finding in licenses.findings if finding.code != UNUSED_EXEMPTION),
    )
    report = ReviewReport(
        base=revisions.base or NO_BASE,
        head=revisions.head or "the work tree",
        changes=diff.changes,
        findings=[_with_base(finding, revisions.base) for finding in findings],
        fixed=fixed,
        licenses={(row.name, printed_version(row.required.package)): row.expression for row in licenses.rows},
        inconclusive=(
            *filter(None, (unknown, unknown_status if request.network else "")),
            *_unchecked(statuses, licenses, after, subject),
        ),
    )
    # uv also rejects a lock that was tampered with. The findings explain what was changed, so they take precedence.
    if not revisions.head and report.exit_code is not Exit.FINDINGS:
        subject.check(after)
    return report


def _with_base(finding: Finding, base: str) -> Finding:
    """Return a finding whose next command names the base of the review."""
    return replace(finding, fix=finding.fix.replace(f" {BASE} ", f" {quote(base or BASE)} "))


def _known_statuses(
    diff: LockDiff, subject: LockSubject, *, network: bool
) -> tuple[Sequence[tuple[LockedPackage, ReleaseStatus]], str]:
    """Return the new releases with what the index says of them, and the reason why it is not known of the others, if there are any."""
    new = [required.package for required in diff.new_releases]
    statuses = find_statuses(new, subject.folder, network=network)
    pairs = zip(new, statuses, strict=True)
    known = [(package, status) for package, status in pairs if isinstance(status, ReleaseStatus)]
    return known, unknown_statuses(new, statuses)


def _unchecked(
    statuses: Iterable[tuple[LockedPackage, ReleaseStatus]],
    licenses: LicenseReport,
    lock: Lockfile,
    subject: LockSubject,
) -> Iterator[str]:
    """Yield what could not be found out of single packages."""
    for package, status in statuses:
        if status.is_incomplete:
            yield f"{package.name} {printed_version(package)}: its index does not list every file with the hash in the lock"
    for row in licenses.inconclusive:
        hint = metadata_hint(lock, row.reason, subject.folder)
        yield f"the license of {row.name} {row.version}: {row.reason}; next: {hint}"


def _diff_vulnerabilities(
    before: Lockfile, after: Lockfile, source: AdvisorySource, policy: AuditPolicy, now: datetime.datetime
) -> tuple[tuple[Vulnerability, ...], tuple[Vulnerability, ...], str]:
    """Return the fixed and the new vulnerabilities; or none and the reason, if the advisories can't be read or are too old."""
    try:
        with closing(load_index(source, now)) as index:
            if error := staleness_error(index.origin, policy, now):
                raise error
            old, new = audited_packages(before), audited_packages(after)
            advisories = index.advisories({package.name for package in (*old, *new)})
    except EvenfallError as error:
        if error.exit_code is not Exit.UNKNOWN:
            raise
        return (), (), f"vulnerabilities: {error}"
    found = [tuple(find_vulnerabilities(packages, advisories)) for packages in (old, new)]
    return missing_from(found[1], found[0]), missing_from(found[0], found[1]), ""

"""Decide an audit: which vulnerabilities the locked packages have, which of them fail, and which ignores apply."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, Severity, exit_code_for
from evenfall.project.settings import AuditPolicy, Ignore
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.freshness import IndexOrigin, staleness_error
from evenfall.supply_chain.audit.ignores import active_ignores, find_ignore, ignore_findings, ignore_text
from evenfall.supply_chain.audit.packages import AuditedPackage, UnauditedPackage
from evenfall.supply_chain.audit.project_status import package_statuses, status_code, status_finding
from evenfall.supply_chain.audit.scanner_result import (
    SAFETY_SCAN,
    ReportedStatus,
    ScannerReport,
    ScannerResult,
)
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability, find_vulnerabilities
from evenfall.supply_chain.versions import canonical_version


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditInputs:
    """Everything that an audit depends on.

    `advisories` are those of the packages by name, and `origin` is the origin of their index. `statuses` are what the indexes of the
    packages say, and `unknown_statuses` is one line about those that could not be asked. `is_partial` means that `packages`
    are not all that the policy applies to, so that unused ignores are unknown. `every_package` are all packages of the locks.
    """

    packages: Sequence[AuditedPackage]
    unaudited: Sequence[UnauditedPackage]
    advisories: Mapping[str, Sequence[Advisory]]
    origin: IndexOrigin
    statuses: tuple[ReportedStatus, ...] = ()
    unknown_statuses: str = ""
    scanners: tuple[ScannerResult, ...] = ()
    policy: AuditPolicy
    now: datetime.datetime
    is_partial: bool = False
    every_package: Sequence[AuditedPackage]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The result of an audit.

    `vulnerabilities` are in the order of the lock. `findings` has one finding for each of them, and those about the status of projects
    and about ignores, which belong to none. `unknown` is the error to report if the result is inconclusive.
    """

    inputs: AuditInputs
    vulnerabilities: tuple[Vulnerability, ...]
    ignored: Mapping[Vulnerability, Ignore]
    findings: Mapping[Finding, Vulnerability | None]
    unknown: EvenfallError | None

    @property
    def open(self) -> tuple[Vulnerability, ...]:
        """The vulnerabilities that are not ignored."""
        return tuple(vulnerability for vulnerability in self.vulnerabilities if vulnerability not in self.ignored)

    @property
    def other_findings(self) -> tuple[Finding, ...]:
        """The findings about the status of projects and about ignores."""
        return tuple(finding for finding, vulnerability in self.findings.items() if vulnerability is None)

    @property
    def inconclusive(self) -> str:
        """The reason why the result is inconclusive, or an empty text."""
        return self.unknown.message if self.unknown else ""

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command; findings take precedence over an inconclusive result."""
        return exit_code_for(self.findings, unknown=self.unknown)


def evaluate(inputs: AuditInputs) -> AuditReport:
    """Return the vulnerabilities of the packages, and a finding for each of them and for each expired or unused ignore."""
    policy, today = inputs.policy, inputs.now.date()
    reported = [vulnerability for scanner in _answers(inputs) for vulnerability in scanner.vulnerabilities]
    vulnerabilities = tuple(find_vulnerabilities(inputs.packages, inputs.advisories, reported))
    ignored = active_ignores(vulnerabilities, policy.ignore, today)
    findings: dict[Finding, Vulnerability | None] = {
        _finding(vulnerability, ignored.get(vulnerability), policy): vulnerability for vulnerability in vulnerabilities
    }
    reported_statuses = [*inputs.statuses, *(status for scanner in _answers(inputs) for status in scanner.statuses)]
    statuses = [*package_statuses(inputs.packages, reported_statuses)]
    for package, status in statuses:
        ignore = find_ignore(policy.ignore, (status_code(status),), package.name, today)
        findings[status_finding(package, status, ignore)] = None
    subjects = [(vulnerability.ids, vulnerability.package.name) for vulnerability in vulnerabilities]
    subjects += [((status_code(status),), package.name) for package, status in statuses]
    safety_scanned = any(scanner.tool == SAFETY_SCAN for scanner in _answers(inputs))
    for finding in ignore_findings(
        policy.ignore, subjects, today, safety_scanned=safety_scanned, statuses_known=not inputs.unknown_statuses
    ):
        if not (inputs.is_partial and finding.code == "ignore-unused"):
            findings[finding] = None
    return AuditReport(
        inputs=inputs,
        vulnerabilities=vulnerabilities,
        ignored=ignored,
        findings=findings,
        unknown=_unknown(inputs),
    )


def not_understood(inputs: AuditInputs) -> Iterator[str]:
    """Yield each part of a scanner's answer that is neither in a known form nor about a package of the locks."""
    names = {package.name for package in inputs.every_package}
    versions = {(package.name, canonical_version(str(package.version))) for package in inputs.every_package}
    for scanner in _answers(inputs):
        foreign = [each for each in scanner.vulnerabilities if (each.advisory.package, each.version) not in versions]
        yield from (f"{scanner.tool}: {part}" for part in scanner.not_understood)
        for each in foreign:
            yield f"{scanner.tool}: {each.advisory.id} of {each.advisory.package} {each.version}, which is not audited"
        for status in scanner.statuses:
            if status.package not in names:
                yield f"{scanner.tool}: {status.package} is {status.status}, but it is not audited"


def _answers(inputs: AuditInputs) -> Iterator[ScannerReport]:
    return (scanner for scanner in inputs.scanners if isinstance(scanner, ScannerReport))


def _unknown(inputs: AuditInputs) -> EvenfallError | None:
    """Return the error about advisories that are too old or a scanner's answer that is not understood, or None."""
    if stale := staleness_error(inputs.origin, inputs.policy, inputs.now):
        return stale
    hint = "upgrade Evenfall, or run the scanner itself to read its answer"
    parts = "; ".join(not_understood(inputs))
    return EvenfallError(f"not understood: {parts}", hint=hint, exit_code=Exit.UNKNOWN) if parts else None


def _finding(vulnerability: Vulnerability, ignore: Ignore | None, policy: AuditPolicy) -> Finding:
    package = vulnerability.package
    fixed = f" Fixed in {', '.join(vulnerability.fixed)}." if vulnerability.fixed else ""
    summary = f": {vulnerability.summary}" if vulnerability.summary else ""
    reason = f"{package.label} has {vulnerability.id}, {vulnerability.rating}"
    ignored = f" {ignore_text(ignore)}" if ignore else ""
    return Finding(
        code=vulnerability.id,
        severity=Severity.NOTE if ignore else finding_severity(vulnerability.level, policy),
        location=Location(path=package.lock, line=package.line, key=package.name),
        reason=f"{reason}{summary}{fixed}{ignored}",
        fix=vulnerability.fix,
    )


def finding_severity(level: Level, policy: AuditPolicy) -> Severity:
    """Return whether a vulnerability of this level is an error or a warning: by the policy's `fail_on`, or `unknown`."""
    fails = policy.unknown == "fail" if level is Level.UNKNOWN else level >= Level[policy.fail_on.upper()]
    return Severity.ERROR if fails else Severity.WARNING

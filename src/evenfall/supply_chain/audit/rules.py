"""The decision of an audit, as a pure function: which vulnerabilities the locked packages have, and which of them fail."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, Severity, has_errors
from evenfall.project import lockfile
from evenfall.project.settings import AuditPolicy, Ignore
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.freshness import IndexOrigin, staleness_error
from evenfall.supply_chain.audit.ignores import active_ignores, ignore_findings
from evenfall.supply_chain.audit.packages import AuditedPackage, UnauditedPackage
from evenfall.supply_chain.audit.scanner_result import SAFETY_SCAN, ScannerReport, ScannerResult, ScannerUnavailable
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability, find_vulnerabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditInputs:
    """Everything that an audit depends on.

    `advisories` are those of the packages by name, and `origin` is the origin of their index. `is_partial` means that `packages`
    are those of one scope, so that unused ignores are unknown.
    """

    packages: Sequence[AuditedPackage]
    unaudited: Sequence[UnauditedPackage]
    advisories: Mapping[str, Sequence[Advisory]]
    origin: IndexOrigin
    scanners: tuple[ScannerResult, ...] = ()
    policy: AuditPolicy
    now: datetime.datetime
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The result of an audit.

    `vulnerabilities` are in the order of the lock. `findings` has one finding for each of them, and those about ignores, which
    belong to none. `stale` is the error to report if the advisories are too old.
    """

    inputs: AuditInputs
    vulnerabilities: tuple[Vulnerability, ...]
    ignored: Mapping[Vulnerability, Ignore]
    findings: Mapping[Finding, Vulnerability | None]
    stale: EvenfallError | None

    @property
    def open(self) -> tuple[Vulnerability, ...]:
        """The vulnerabilities that are not ignored."""
        return tuple(each for each in self.vulnerabilities if each not in self.ignored)

    @property
    def ignore_findings(self) -> tuple[Finding, ...]:
        """The findings about ignores."""
        return tuple(finding for finding, vulnerability in self.findings.items() if vulnerability is None)

    @property
    def unavailable(self) -> tuple[ScannerUnavailable, ...]:
        """The scanners that gave no answer."""
        return tuple(each for each in self.inputs.scanners if isinstance(each, ScannerUnavailable))

    @property
    def inconclusive(self) -> str:
        """The reason why the result is inconclusive, or an empty text."""
        return self.stale.message if self.stale else ""

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        if self.stale:
            return Exit.UNKNOWN
        return Exit.FINDINGS if has_errors(self.findings) else Exit.FINE


def evaluate(inputs: AuditInputs) -> AuditReport:
    """Return the vulnerabilities of the packages, and a finding for each of them and for each expired or unused ignore."""
    policy, today = inputs.policy, inputs.now.date()
    answers = {each.tool: each.vulnerabilities for each in inputs.scanners if isinstance(each, ScannerReport)}
    reported = [each for vulnerabilities in answers.values() for each in vulnerabilities]
    vulnerabilities = tuple(find_vulnerabilities(inputs.packages, inputs.advisories, reported))
    ignored = active_ignores(vulnerabilities, policy.ignore, today)
    findings: dict[Finding, Vulnerability | None] = {
        _finding(each, ignored.get(each), policy): each for each in vulnerabilities
    }
    about_ignores = ignore_findings(policy.ignore, vulnerabilities, today, safety_scanned=SAFETY_SCAN in answers)
    findings |= {each: None for each in about_ignores if not (inputs.is_partial and each.code == "ignore-unused")}
    return AuditReport(
        inputs=inputs,
        vulnerabilities=vulnerabilities,
        ignored=ignored,
        findings=findings,
        stale=staleness_error(inputs.origin, policy, inputs.now),
    )


def _finding(vulnerability: Vulnerability, ignore: Ignore | None, policy: AuditPolicy) -> Finding:
    package = vulnerability.package
    required = package.required
    path = f", required by {required.required_by}" if required.required_by else ""
    fixed = f" Fixed in {', '.join(vulnerability.fixed)}." if vulnerability.fixed else ""
    summary = f": {vulnerability.summary}" if vulnerability.summary else ""
    reason = f"{package.name} {package.version} ({required.scope}{path}) has {vulnerability.id}, {vulnerability.rating}"
    ignored = f" Ignored until {ignore.expires} by {ignore.owner}: {ignore.reason}" if ignore else ""
    return Finding(
        code=vulnerability.id,
        severity=Severity.NOTE if ignore else finding_severity(vulnerability.level, policy),
        location=Location(path=lockfile.NAME, line=required.package.line, key=package.name),
        reason=f"{reason}{summary}{fixed}{ignored}",
        fix=vulnerability.fix,
    )


def finding_severity(level: Level, policy: AuditPolicy) -> Severity:
    """Return "error" for a level from the policy's threshold on, else "warning"; for an unknown level as the policy says."""
    if level is Level.UNKNOWN:
        return Severity.ERROR if policy.unknown == "fail" else Severity.WARNING
    return Severity.ERROR if level >= Level[policy.fail_on.upper()] else Severity.WARNING

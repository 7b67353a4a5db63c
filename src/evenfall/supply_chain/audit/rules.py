"""Decide an audit: which vulnerabilities the locked packages have, which of them fail, and which ignores apply."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, Severity, has_errors
from evenfall.project import pyproject
from evenfall.project.settings import AuditPolicy, Ignore
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.freshness import IndexOrigin, staleness_error
from evenfall.supply_chain.audit.packages import AuditedPackage, UnauditedPackage
from evenfall.supply_chain.audit.scanner_result import SAFETY_SCAN, ScannerReport, ScannerResult, ScannerUnavailable
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability, find_vulnerabilities

_SAFETY_ID = re.compile(r"(PVE|SFTY)-|\d+\Z", re.IGNORECASE)
"""Ids that only Safety gives."""


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
        return tuple(vulnerability for vulnerability in self.vulnerabilities if vulnerability not in self.ignored)

    @property
    def ignore_findings(self) -> tuple[Finding, ...]:
        """The findings about ignores."""
        return tuple(finding for finding, vulnerability in self.findings.items() if vulnerability is None)

    @property
    def unavailable(self) -> tuple[ScannerUnavailable, ...]:
        """The scanners that gave no answer."""
        return tuple(scanner for scanner in self.inputs.scanners if isinstance(scanner, ScannerUnavailable))

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
    scanners = [scanner for scanner in inputs.scanners if isinstance(scanner, ScannerReport)]
    reported = [vulnerability for scanner in scanners for vulnerability in scanner.vulnerabilities]
    vulnerabilities = tuple(find_vulnerabilities(inputs.packages, inputs.advisories, reported))
    ignored = active_ignores(vulnerabilities, policy.ignore, today)
    findings: dict[Finding, Vulnerability | None] = {
        _finding(vulnerability, ignored.get(vulnerability), policy): vulnerability for vulnerability in vulnerabilities
    }
    safety_scanned = any(scanner.tool == SAFETY_SCAN for scanner in scanners)
    for finding in _ignore_findings(policy.ignore, vulnerabilities, today, safety_scanned=safety_scanned):
        if not (inputs.is_partial and finding.code == "ignore-unused"):
            findings[finding] = None
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
        location=Location(path=package.lock, line=package.line, key=package.name),
        reason=f"{reason}{summary}{fixed}{ignored}",
        fix=vulnerability.fix,
    )


def finding_severity(level: Level, policy: AuditPolicy) -> Severity:
    """Return whether a vulnerability of this level is an error or a warning: by the policy's `fail_on`, or `unknown`."""
    fails = policy.unknown == "fail" if level is Level.UNKNOWN else level >= Level[policy.fail_on.upper()]
    return Severity.ERROR if fails else Severity.WARNING


def _matches(ignore: Ignore, vulnerability: Vulnerability) -> bool:
    """Return whether an ignore names any id of a vulnerability, in upper or lower case, and its package if it names one."""
    is_package = ignore.package is None or canonicalize_name(ignore.package) == vulnerability.package.name
    return is_package and ignore.id.casefold() in {name.casefold() for name in vulnerability.ids}


def active_ignores(
    vulnerabilities: Iterable[Vulnerability], ignores: Sequence[Ignore], today: datetime.date
) -> Mapping[Vulnerability, Ignore]:
    """Return the ignored vulnerabilities, each with its ignore, which is valid through the day on which it expires."""
    valid = [ignore for ignore in ignores if ignore.expires >= today]
    return {
        vulnerability: ignore
        for vulnerability in vulnerabilities
        for ignore in valid
        if _matches(ignore, vulnerability)
    }


def _ignore_findings(
    ignores: Sequence[Ignore], vulnerabilities: Sequence[Vulnerability], today: datetime.date, *, safety_scanned: bool
) -> Iterator[Finding]:
    """Yield a finding for each ignore that has expired, and for each that matches no vulnerability.

    Whether an ignore of one of Safety's own ids is unused is only known after a `safety scan`.
    """
    for index, ignore in enumerate(ignores):
        location = Location(path=pyproject.NAME, key=f"tool.evenfall.audit.ignore[{index}]")
        if not any(_matches(ignore, vulnerability) for vulnerability in vulnerabilities):
            if safety_scanned or not _SAFETY_ID.match(ignore.id):
                package = f" of {ignore.package}" if ignore.package else ""
                reason = f"unused ignore: no locked package matches {ignore.id}{package}"
                yield Finding(code="ignore-unused", location=location, reason=reason, fix="remove it")
        elif ignore.expires < today:
            reason = f"the ignore of {ignore.id} by {ignore.owner} expired on {ignore.expires}: {ignore.reason}"
            fix = "upgrade the package, or set a new date"
            yield Finding(code="ignore-expired", location=location, reason=reason, fix=fix)

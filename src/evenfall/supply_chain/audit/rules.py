"""The audit: locked packages, advisories and a policy on one side, rows and findings on the other. Nothing here touches the world."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evenfall.findings import Finding, Location, Severity
from evenfall.project import lockfile
from evenfall.project.settings import AuditPolicy, Ignore
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.ignores import amiss, ignored
from evenfall.supply_chain.audit.packages import AuditedPackage, UnauditedPackage
from evenfall.supply_chain.audit.scanner_result import SAFETY, Heard, Opinion
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability, vulnerabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is audited, against what. `partly`: only a part of the lock is, so that nobody can say which ignores are unused."""

    audited_packages: Sequence[AuditedPackage]
    left: Sequence[UnauditedPackage]
    advisories: Mapping[str, Sequence[Advisory]]
    opinions: tuple[Opinion, ...] = ()
    policy: AuditPolicy
    today: datetime.date
    partly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """The rows in the order of the lock; those in `ignored` somebody answers for. `findings` has one for each row, and more."""

    audited_packages: Sequence[AuditedPackage]
    left: Sequence[UnauditedPackage]
    rows: tuple[Vulnerability, ...]
    ignored: Mapping[Vulnerability, Ignore] = field(default_factory=dict)
    findings: Mapping[Finding, Vulnerability | None]

    @property
    def open(self) -> tuple[Vulnerability, ...]:
        """The rows that nobody answers for."""
        return tuple(row for row in self.rows if row not in self.ignored)


def audit(question: Question) -> Audited:
    """What is vulnerable, and what of it fails."""
    policy, today = question.policy, question.today
    heard = {opinion.tool: opinion.claims for opinion in question.opinions if isinstance(opinion, Heard)}
    claims = itertools.chain.from_iterable(heard.values())
    rows = tuple(vulnerabilities(question.audited_packages, question.advisories, claims))
    answered = ignored(rows, policy.ignore, today)
    findings: dict[Finding, Vulnerability | None] = {_finding(row, answered.get(row), policy): row for row in rows}
    wrong = amiss(policy.ignore, rows, today, heard_safety=SAFETY in heard)
    findings |= {each: None for each in wrong if not (question.partly and each.code == "ignore-unused")}
    return Audited(
        audited_packages=question.audited_packages, left=question.left, rows=rows, ignored=answered, findings=findings
    )


def _finding(row: Vulnerability, ignore: Ignore | None, policy: AuditPolicy) -> Finding:
    subject = row.subject
    reached = subject.reached
    by = f", required by {reached.required_by}" if reached.required_by else ""
    fixed = f" Fixed in {', '.join(row.fixed)}." if row.fixed else ""
    summary = f": {row.summary}" if row.summary else ""
    reason = f"{subject.name} {subject.version} ({reached.scope}{by}) has {row.name}, {row.rated}{summary}{fixed}"
    if ignore:
        reason += f" Ignored until {ignore.expires}; {ignore.owner} answers for it: {ignore.reason}"
    return Finding(
        code=row.name,
        severity=Severity.NOTE if ignore else judged(row.level, policy),
        location=Location(path=lockfile.NAME, line=reached.package.line, key=subject.name),
        reason=reason,
        fix=row.fix,
    )


def judged(level: Level, policy: AuditPolicy) -> Severity:
    """An error from the policy's threshold on; for what has no level the policy says whether it fails."""
    if level is Level.UNKNOWN:
        return Severity.ERROR if policy.unknown == "fail" else Severity.WARNING
    return Severity.ERROR if level >= Level[policy.fail_on.upper()] else Severity.WARNING

"""The licenses of a lock, held against the policy: a row for each package, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.findings import Finding, Location, Severity
from evenfall.project import lockfile, pyproject
from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.settings import Exemption, LicensePolicy
from evenfall.supply_chain.licenses.detect_license import DetectedLicense, detect_license
from evenfall.supply_chain.licenses.policy import PolicyResult, ResolvedPolicy, evaluate, resolve_policy
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.supply_chain.versions import same_version
from evenfall.text import one_line

UNUSED = "license-exemption-unused"
"""The code of the finding about an exemption that nothing needs."""

LicenseResult = Literal["allowed", "denied", "unknown", "exempt", "inconclusive"]

_RESULTS: dict[PolicyResult, LicenseResult] = {
    PolicyResult.ALLOWED: "allowed",
    PolicyResult.DENIED: "denied",
    PolicyResult.UNKNOWN: "unknown",
}


LONGEST = 100
"""Characters of a version that a package itself states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRow:
    """A package, its license, and what the policy says of it. `reason` is why it could not be found out, or why it is exempt."""

    reached: RequiredPackage
    version: str
    license: DetectedLicense
    result: LicenseResult
    exemption: Exemption | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """The package's name, normalized."""
        return canonicalize_name(self.reached.package.name)

    @property
    def required_by(self) -> str:
        """How the project comes to it, as a line."""
        return f"{self.reached.required_by or 'no package any more'} ({self.reached.scope})"

    @property
    def expression(self) -> str:
        """The license as SPDX, or that it is unknown."""
        return str(self.license.expression or "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseCheck:
    """All rows, in the order of the lock, what is wrong, and the rows whose license could not be found out and might be denied."""

    rows: tuple[LicenseRow, ...]
    findings: tuple[Finding, ...]
    inconclusive: tuple[LicenseRow, ...]


def apply_policy(
    packages: Sequence[RequiredPackage], metadata: Sequence[PackageMetadata | MissingMetadata], settings: LicensePolicy
) -> LicenseCheck:
    """Judge each package by its metadata. Raises `EvenfallError` (usage) where the policy names what is no license."""
    policy = resolve_policy(settings)
    rows = tuple(
        _exempted(_row(reached, known, policy), settings.exempt)
        for reached, known in zip(packages, metadata, strict=True)
    )
    wrong = [row for row in rows if row.result not in {"allowed", "exempt"}]
    inconclusive = tuple(row for row in wrong if _is_inconclusive(row, settings))
    findings = [_finding(row, settings) for row in wrong if not _is_inconclusive(row, settings)]
    return LicenseCheck(rows=rows, findings=(*findings, *_unused(rows, settings.exempt)), inconclusive=inconclusive)


def _row(reached: RequiredPackage, known: PackageMetadata | MissingMetadata, policy: ResolvedPolicy) -> LicenseRow:
    version = reached.package.version or ""
    if isinstance(known, MissingMetadata):
        nothing = DetectedLicense(expression=None, source="none", evidence="")
        return LicenseRow(reached=reached, version=version, license=nothing, result="inconclusive", reason=known.reason)
    license = detect_license(known)
    result = _RESULTS[evaluate(license.expression, policy)]
    return LicenseRow(
        reached=reached, version=version or one_line(known.version)[:LONGEST], license=license, result=result
    )


def _exempted(row: LicenseRow, exemptions: Iterable[Exemption]) -> LicenseRow:
    """An exemption is for what is not allowed anyway; it knows the package, so it need not be known here."""
    if row.result == "allowed":
        return row
    for exemption in exemptions:
        if _is_about(exemption, row):
            return replace(row, result="exempt", exemption=exemption)
    return row


def _is_about(exemption: Exemption, row: LicenseRow) -> bool:
    return canonicalize_name(exemption.package) == row.name and same_version(exemption.version, row.version)


def _is_inconclusive(row: LicenseRow, settings: LicensePolicy) -> bool:
    return row.result == "inconclusive" and not _only_warns(row, settings)


def _only_warns(row: LicenseRow, settings: LicensePolicy) -> bool:
    """Whether the worst that can be is a warning."""
    return row.reached.scope == "dev" and settings.dev == "warn"


def _finding(row: LicenseRow, settings: LicensePolicy) -> Finding:
    reasons = {
        "denied": f"{row.expression} is not allowed",
        "unknown": "its license is unknown"
        if row.license.expression is None
        else f"{row.expression} is not known to be allowed",
    }
    said = row.license.evidence or row.reason
    reason = reasons.get(row.result, "its license could not be found out")
    return Finding(
        code=f"license-{row.result.replace(' ', '-')}",
        severity=_severity(row, settings),
        location=Location(path=lockfile.NAME, line=row.reached.package.line),
        reason=f"{row.name} {row.version}: {reason} ({said}); required by: {row.required_by}",
        fix=_fix(row),
    )


def _severity(row: LicenseRow, settings: LicensePolicy) -> Severity:
    """What a project builds from a folder of its own is mostly its own; where that says no license that is known, it is only named."""
    if row.result == "unknown" and row.reached.package.source.is_folder:
        return Severity.NOTE
    warns = _only_warns(row, settings) or (row.result == "unknown" and settings.unknown == "warn")
    return Severity.WARNING if warns else Severity.ERROR


def _fix(row: LicenseRow) -> str:
    """A license is no fault that a command mends: without the package, or with somebody's word for it."""
    path = row.reached.path
    brings = f"do without {path[1]}, which brings it" if len(path) > 2 else "do without it"
    entry = f'{{package = "{row.name}", version = "{row.version}", reason = "…"}}'
    return f"{brings}; or in {pyproject.NAME}: [tool.evenfall.licenses] exempt = [{entry}]"


def _unused(rows: Sequence[LicenseRow], exemptions: Sequence[Exemption]) -> Iterator[Finding]:
    """Exemptions that nothing needs: they would hide what comes later."""
    used = {row.exemption for row in rows}
    for place, exemption in enumerate(exemptions):
        if exemption not in used:
            yield Finding(
                code=UNUSED,
                location=Location(path=pyproject.NAME, key=f"tool.evenfall.licenses.exempt[{place}]"),
                reason=f"{exemption.package} {exemption.version}: {_why_unused(exemption, rows)}",
                fix="remove the entry, or correct its version",
            )


def _why_unused(exemption: Exemption, rows: Iterable[LicenseRow]) -> str:
    there = [row for row in rows if row.name == canonicalize_name(exemption.package)]
    if any(_is_about(exemption, row) for row in there):
        return "it needs no exemption, its license is allowed"
    locked = ", ".join(row.version for row in there)
    return f"{lockfile.NAME} holds version {locked}" if locked else f"{lockfile.NAME} does not hold it"

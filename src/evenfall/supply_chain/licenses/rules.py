"""Apply the license policy to the packages of a lock: a row for each package, and the findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.errors import Exit
from evenfall.findings import Finding, Location, Severity, exit_code_for
from evenfall.project import pyproject
from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.settings import Exemption, LicensePolicy
from evenfall.supply_chain.licenses.detect_license import detect_license
from evenfall.supply_chain.licenses.license_evidence import NO_LICENSE, DetectedLicense
from evenfall.supply_chain.licenses.license_names import PROPRIETARY, named_references
from evenfall.supply_chain.licenses.policy import PolicyResult, ResolvedPolicy, policy_result, resolve_policy
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.supply_chain.versions import same_version
from evenfall.text import one_line

INCONCLUSIVE = "license-inconclusive"
UNUSED_EXEMPTION = "license-exemption-unused"
MAX_LENGTH = 100
"""The maximum number of characters of a version from the package's metadata."""

LicenseResult = Literal["allowed", "denied", "unknown", "exempt", "inconclusive"]

_RESULTS: dict[PolicyResult, LicenseResult] = {
    PolicyResult.ALLOWED: "allowed",
    PolicyResult.DENIED: "denied",
    PolicyResult.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRow:
    """A package, its license and the result of the policy. Without metadata the result is inconclusive, and `reason` says why."""

    required: RequiredPackage
    version: str
    license: DetectedLicense
    result: LicenseResult
    exemptions: tuple[Exemption, ...] = ()
    reason: str = ""

    @property
    def name(self) -> str:
        """The package's normalized name."""
        return canonicalize_name(self.required.package.name)

    @property
    def required_by(self) -> str:
        """The dependency path and the scope, as one line."""
        return f"{self.required.required_by or 'no package any more'} ({self.required.scope})"

    @property
    def expression(self) -> str:
        """The license as an SPDX expression, or `unknown`."""
        return self.license.expression or "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseReport:
    """All rows in the order of the lock, the findings, and the inconclusive rows that could be more than a warning."""

    rows: tuple[LicenseRow, ...]
    findings: tuple[Finding, ...]
    inconclusive: tuple[LicenseRow, ...]

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command; findings take precedence over inconclusive rows."""
        return exit_code_for(self.findings, unknown=self.inconclusive)


def apply_policy(
    packages: Sequence[RequiredPackage], metadata: Sequence[PackageMetadata | MissingMetadata], policy: LicensePolicy
) -> LicenseReport:
    """Return the report on packages with their metadata. Raises `EvenfallError` (usage) as `resolve_policy` does."""
    resolved = resolve_policy(policy)
    rows = tuple(
        _with_exemptions(_row(required, package_metadata, resolved), policy, resolved)
        for required, package_metadata in zip(packages, metadata, strict=True)
    )
    not_allowed = [row for row in rows if row.result not in {"allowed", "exempt"}]
    inconclusive = tuple(row for row in not_allowed if _is_inconclusive(row, policy))
    findings = [_finding(row, policy, resolved) for row in not_allowed if not _is_inconclusive(row, policy)]
    return LicenseReport(rows=rows, findings=(*findings, *_unused(rows, policy.exempt)), inconclusive=inconclusive)


def _row(required: RequiredPackage, metadata: PackageMetadata | MissingMetadata, policy: ResolvedPolicy) -> LicenseRow:
    version = required.package.version or ""
    if isinstance(metadata, MissingMetadata):
        return LicenseRow(
            required=required, version=version, license=NO_LICENSE, result="inconclusive", reason=metadata.reason
        )
    license = detect_license(metadata)
    return LicenseRow(
        required=required,
        version=version or one_line(metadata.version)[:MAX_LENGTH],
        license=license,
        result=_RESULTS[policy_result(license.expression, policy)],
    )


def _with_exemptions(row: LicenseRow, policy: LicensePolicy, resolved: ResolvedPolicy) -> LicenseRow:
    """Return the row with the exemptions that it needs. An allowed package needs none; a package without metadata can have one."""
    if row.result == "allowed":
        return row
    needed = _applicable(row, policy, resolved)
    for exemption in needed:
        if exemption.license is None:
            return replace(row, result="exempt", exemptions=(exemption,))
    if not _is_allowed(row, needed.values(), resolved):
        return row
    for entry in [*needed]:
        fewer = {exemption: licenses for exemption, licenses in needed.items() if exemption != entry}
        needed = fewer if _is_allowed(row, fewer.values(), resolved) else needed
    return replace(row, result="exempt", exemptions=tuple(needed))


def _applicable(row: LicenseRow, policy: LicensePolicy, resolved: ResolvedPolicy) -> dict[Exemption, frozenset[str]]:
    """Return the exemptions that apply to a package, with the licenses of each."""
    entries = zip(policy.exempt, resolved.exempt, strict=True)
    return {exemption: licenses for exemption, licenses in entries if _applies(exemption, row)}


def _is_allowed(row: LicenseRow, accepted: Iterable[frozenset[str]], policy: ResolvedPolicy) -> bool:
    """Return whether a license is allowed if those that are accepted are."""
    allowed = policy.allowed.union(*accepted)
    return policy_result(row.license.expression, replace(policy, allowed=allowed)) is PolicyResult.ALLOWED


def _applies(exemption: Exemption, row: LicenseRow) -> bool:
    """Return whether the package, the version and the scope of an exemption are those of the row, as far as it has them."""
    return (
        (exemption.package is None or canonicalize_name(exemption.package) == row.name)
        and (exemption.version is None or same_version(exemption.version, row.version))
        and exemption.scope in {None, row.required.scope}
    )


def _is_inconclusive(row: LicenseRow, policy: LicensePolicy) -> bool:
    return row.result == "inconclusive" and not _only_warns(row, policy)


def _only_warns(row: LicenseRow, policy: LicensePolicy) -> bool:
    """Return whether a finding on this package is a warning at most."""
    return row.required.scope == "dev" and policy.dev == "warn"


def _finding(row: LicenseRow, policy: LicensePolicy, resolved: ResolvedPolicy) -> Finding:
    evidence = row.license.evidence or row.reason
    return Finding(
        code=f"license-{row.result}",
        severity=_severity(row, policy),
        location=Location(path=row.required.package.lock, line=row.required.package.line),
        reason=f"{row.name} {row.version}".rstrip() + f": {_problem(row)} ({evidence}); required by: {row.required_by}",
        fix=_fix(row, [*_applicable(row, policy, resolved).values()], resolved),
    )


def _problem(row: LicenseRow) -> str:
    if row.result == "inconclusive":
        return "its metadata could not be read"
    if row.result == "denied":
        return f"{row.expression} is denied"
    return f"it is unknown whether {row.expression} is allowed" if row.license.expression else "its license is unknown"


def _severity(row: LicenseRow, policy: LicensePolicy) -> Severity:
    """Return the severity. A package from a folder is mostly the project's own, so an unknown license is a note there."""
    if row.result == "unknown" and row.required.package.source.is_folder:
        return Severity.NOTE
    is_warning = _only_warns(row, policy) or (row.result == "unknown" and policy.unknown == "warn")
    return Severity.WARNING if is_warning else Severity.ERROR


def _fix(row: LicenseRow, accepted: Sequence[frozenset[str]], policy: ResolvedPolicy) -> str:
    """Return the two fixes: no command changes a license, so remove the package or add an exemption.

    An exemption from a `LicenseRef-` applies to all packages with it, in all versions. It is proposed if it is enough, together with the
    `accepted` ones, and not for "Proprietary", which may be the license of any vendor.
    """
    path, package = row.required.path, row.required.package
    removal = f"remove {path[1]}, which requires it" if len(path) > 2 else "remove it"
    if not row.version:  # uv locks only a folder without a version
        return f'{removal}; or in {package.source.folder}/{pyproject.NAME}: [project] license = "…"'
    keys = f'package = "{row.name}", version = "{row.version}"'
    for name in named_references(row.license.expression) if row.license.expression else ():
        if name != PROPRIETARY and _is_allowed(row, [*accepted, frozenset([name])], policy):
            keys = f'license = "{name}"' + (', scope = "dev"' if row.required.scope == "dev" else "")
            break
    entry = f'{{{keys}, reason = "…"}}'
    return f"{removal}; or in {pyproject.NAME}: [tool.evenfall.licenses] exempt = [{entry}]"


def _unused(rows: Sequence[LicenseRow], exemptions: Sequence[Exemption]) -> Iterator[Finding]:
    """Yield a finding for each exemption that no package needs, because it could hide a later problem."""
    used = {exemption for row in rows for exemption in row.exemptions}
    for index, exemption in enumerate(exemptions):
        if exemption not in used:
            yield Finding(
                code=UNUSED_EXEMPTION,
                location=Location(path=pyproject.NAME, key=f"tool.evenfall.licenses.exempt[{index}]"),
                reason=f"unused exemption of {' '.join(exemption.matches)}: {_why_unused(exemption, rows)}",
                fix="remove or correct the entry",
            )


def _why_unused(exemption: Exemption, rows: Iterable[LicenseRow]) -> str:
    if exemption.license or exemption.scope:
        return "no package that it applies to needs it"
    named = [row for row in rows if row.name == canonicalize_name(exemption.package or "")]
    if any(_applies(exemption, row) for row in named):
        return "its license is allowed"
    versions = ", ".join(row.version for row in named)
    return f"the locked version is {versions}" if versions else "the package is not locked"

"""The vulnerabilities that a tool reports: Evenfall's own matcher of OSV's records, `uv audit` or Safety."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from packaging.utils import canonicalize_name

from evenfall.supply_chain.audit.advisories import Advisory, Event, first_line
from evenfall.supply_chain.versions import canonical_version

OSV = "osv"
"""The name of Evenfall's own matcher in reports."""
UV_AUDIT = "uv audit"
SAFETY_SCAN = "safety scan"
SAFETY_CHECK = "safety check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedVulnerability:
    """An advisory that a tool reports for one version of a package; `version` is canonical."""

    tool: str
    version: str
    advisory: Advisory


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerReport:
    """The vulnerabilities that a scanner reports."""

    tool: str
    vulnerabilities: tuple[ReportedVulnerability, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerUnavailable:
    """A scanner that gave no answer, and the reason."""

    tool: str
    reason: str


ScannerResult = ScannerReport | ScannerUnavailable


def reported_vulnerability(
    tool: str, package: str, version: str, *, ids: tuple[str, ...], summary: str, fixed: Iterable[str] = ()
) -> ReportedVulnerability:
    """Return a scanner's vulnerability as an advisory, with this version of the package as affected and the versions that fix it."""
    affected = canonical_version(version)
    advisory = Advisory(
        id=ids[0],
        package=canonicalize_name(package),
        modified="",
        aliases=ids[1:],
        summary=first_line(summary),
        versions=frozenset([affected]),
        ranges=tuple((Event(fixed=fixed_version),) for fixed_version in fixed),
    )
    return ReportedVulnerability(tool=tool, version=affected, advisory=advisory)


def parse_output(tool: str, parse: Callable[[], tuple[ReportedVulnerability, ...]]) -> ScannerResult:
    """Return what a scanner's output reports, or that the scanner is unavailable because its format is unknown."""
    try:
        return ScannerReport(tool=tool, vulnerabilities=parse())
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        return ScannerUnavailable(tool=tool, reason=f"unknown output format: {error}")

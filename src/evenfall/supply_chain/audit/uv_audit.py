"""The edge to `uv audit` (https://docs.astral.sh/uv/), which looks the locked packages up in the OSV API."""

from __future__ import annotations

from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.uv import uv
from evenfall.supply_chain.audit.advisories import first_line
from evenfall.supply_chain.audit.scanner_result import (
    UV_AUDIT,
    ReportedStatus,
    ScannerReport,
    ScannerResult,
    ScannerUnavailable,
    parse_output,
    reported_vulnerability,
    unknown_fields,
)
from evenfall.text import one_line

TIMEOUT = 300.0
"""The number of seconds that `uv audit` may take."""


def run_uv_audit(root: Path, osv_api: str, script: str = "", timeout: float = TIMEOUT) -> ScannerResult:
    """Return what `uv audit` reports for the lock in `root`, or for that of a script there.

    `osv_api` is the URL of an OSV API, or empty for uv's default.
    """
    tool = f"{UV_AUDIT} --script {script}" if script else UV_AUDIT
    service = (f"--service-url={osv_api}",) if osv_api else ()
    options = ("--frozen", "--quiet", "--output-format=json", *service, *((f"--script={script}",) if script else ()))
    try:
        output = uv(root, "audit", *options, codes=(0, 1), timeout=timeout)
    except EvenfallError as error:
        return ScannerUnavailable(tool=tool, reason=first_line(one_line(error.message)))
    return parse_output(tool, lambda: parse_uv_audit(output, tool))


class _Dependency(msgspec.Struct, frozen=True):
    name: str
    version: str


class _UvVulnerability(msgspec.Struct, frozen=True):
    dependency: _Dependency
    id: str
    aliases: tuple[str, ...] = ()
    summary: str | None = None
    description: str | None = None
    fix_versions: tuple[str, ...] = ()


class _UvStatus(msgspec.Struct, frozen=True):
    name: str
    status: str
    reason: str | None = None


class _UvSummary(msgspec.Struct, frozen=True):
    vulnerabilities: int
    adverse_statuses: int = 0


class _UvReport(msgspec.Struct, frozen=True):
    summary: _UvSummary
    vulnerabilities: tuple[_UvVulnerability, ...]
    adverse_statuses: tuple[_UvStatus, ...] = ()


def parse_uv_audit(output: str, tool: str = UV_AUDIT) -> ScannerReport:
    """Return what the JSON of `uv audit` reports. Raises `msgspec.MsgspecError` for another format."""
    report = msgspec.json.decode(output, type=_UvReport)
    counted = (report.summary.vulnerabilities, report.summary.adverse_statuses)
    listed = (len(report.vulnerabilities), len(report.adverse_statuses))
    unknown = unknown_fields(output, report, {"vulnerabilities", "adverse_statuses", "schema", "audited_packages"})
    if counted != listed:
        unknown = (*unknown, f"{sum(counted)} findings are counted, but {sum(listed)} are listed")
    return ScannerReport(
        tool=tool,
        vulnerabilities=tuple(
            reported_vulnerability(
                UV_AUDIT,
                vulnerability.dependency.name,
                vulnerability.dependency.version,
                ids=(vulnerability.id, *vulnerability.aliases),
                summary=vulnerability.summary or vulnerability.description or "",
                fixed=vulnerability.fix_versions,
            )
            for vulnerability in report.vulnerabilities
        ),
        statuses=tuple(
            ReportedStatus(package=canonicalize_name(each.name), status=each.status, reason=each.reason or "")
            for each in report.adverse_statuses
        ),
        not_understood=unknown,
    )

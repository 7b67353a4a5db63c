"""The edge to `uv audit` (https://docs.astral.sh/uv/), which looks the locked packages up in the OSV API."""

from __future__ import annotations

from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError
from evenfall.project.uv import uv
from evenfall.supply_chain.audit.advisories import first_line
from evenfall.supply_chain.audit.scanner_result import (
    UV_AUDIT,
    ReportedVulnerability,
    ScannerResult,
    ScannerUnavailable,
    parse_output,
    reported_vulnerability,
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
    return parse_output(tool, lambda: parse_uv_audit(output))


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


class _UvReport(msgspec.Struct, frozen=True):
    vulnerabilities: tuple[_UvVulnerability, ...]


def parse_uv_audit(output: str) -> tuple[ReportedVulnerability, ...]:
    """Return the vulnerabilities in the JSON of `uv audit`. Raises `msgspec.MsgspecError` for another format."""
    return tuple(
        reported_vulnerability(
            UV_AUDIT,
            vulnerability.dependency.name,
            vulnerability.dependency.version,
            ids=(vulnerability.id, *vulnerability.aliases),
            summary=vulnerability.summary or vulnerability.description or "",
            fixed=vulnerability.fix_versions,
        )
        for vulnerability in msgspec.json.decode(output, type=_UvReport).vulnerabilities
    )

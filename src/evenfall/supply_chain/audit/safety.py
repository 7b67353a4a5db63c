"""The edge to Safety (https://docs.safetycli.com): `safety scan` with an API key, `safety check` without one.

Both look the packages up in a database of Safety's own: with a key in the complete one, without a key in the public one.
`safety check` downloads the public database, unless `SAFETY_DB_DIR` names a folder with a copy of it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import click
import msgspec

from evenfall.project.tools import find_tool, run_tool
from evenfall.supply_chain.audit.advisories import first_line
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.scanner_result import (
    SAFETY_CHECK,
    SAFETY_SCAN,
    ScannerReport,
    ScannerResult,
    ScannerUnavailable,
    parse_output,
    reported_vulnerability,
    unknown_fields,
)

KEY = "SAFETY_API_KEY"
DATABASE = "SAFETY_DB_DIR"
TIMEOUT = 300.0
"""The number of seconds that Safety may take."""
_COMPLETED = (0, 64)
"""Safety's exit codes for "no vulnerability" and "vulnerabilities found"; all others mean that it did not complete."""
_REQUIREMENTS = "requirements.txt"


def run_safety(
    packages: Iterable[AuditedPackage], scripts: str | None = None, timeout: float = TIMEOUT
) -> ScannerResult:
    """Return what Safety reports for these packages. The program is in the folder `scripts`, by default the one of this Python.

    It runs in a temporary folder that is also its home, because a login, cache or policy of the user must not change the report.
    """
    tool = SAFETY_SCAN if os.environ.get(KEY) else SAFETY_CHECK
    program = find_tool("safety", scripts)
    if program is None:
        return ScannerUnavailable(tool=tool, reason='it is not installed; it is part of "evenfall[sessions]"')
    with tempfile.TemporaryDirectory(prefix="evenfall-") as name:
        folder = Path(name)
        pinned = {f"{package.name}=={package.version}": package.name for package in packages}
        (folder / _REQUIREMENTS).write_text("".join(f"{line}\n" for line in pinned), encoding="utf-8")
        output = folder / "output.json"
        scan = ("scan", f"--target={folder}", "--save-as", "json", str(output))
        command = scan if tool == SAFETY_SCAN else _check_command(output)
        if reason := _failure((program, "--disable-optional-telemetry", *command), folder, timeout):
            return ScannerUnavailable(tool=tool, reason=reason)
        if tool == SAFETY_SCAN:
            return parse_output(tool, lambda: parse_scan(output.read_bytes()))
        return parse_output(tool, lambda: parse_check(output.read_bytes(), packages=len({*pinned.values()})))


def _check_command(output: Path) -> tuple[str, ...]:
    """Return the arguments. The report goes to a file, because the deprecated `check` also prints a notice on stdout."""
    copy = os.environ.get(DATABASE)
    database = (f"--db={Path(copy).absolute()}",) if copy else ()
    return "check", *database, "-r", _REQUIREMENTS, f"--save-json={output}"


def _variables(folder: Path) -> Mapping[str, str | None]:
    """Return what changes the environment: it has no settings of Safety except the key, which is valid for the stage `cicd`.

    The key is not an argument, because other processes can read arguments.
    """
    none = dict.fromkeys(name for name in os.environ if name.startswith("SAFETY_"))
    key = {KEY: os.environ[KEY], "SAFETY_STAGE": "cicd"} if os.environ.get(KEY) else {}
    return {**none, **dict.fromkeys(("HOME", "USERPROFILE", "SAFETY_SYSTEM_CONFIG_PATH"), str(folder)), **key}


def _failure(command: Sequence[str], folder: Path, timeout: float) -> str:
    """Run Safety; return why it did not complete, or an empty text if it did."""
    try:
        done = run_tool(command, folder, variables=_variables(folder), timeout=timeout)
    except OSError as error:
        return f"it can't be started: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"no answer within {timeout:g} seconds"
    return "" if done.returncode in _COMPLETED else f"exit code {done.returncode}: {_error_text(done)}"


def _error_text(done: subprocess.CompletedProcess[str]) -> str:
    """Return the lines from the first that starts with "error", or the last line."""
    output = click.unstyle(done.stderr.strip() or done.stdout)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [index for index, line in enumerate(lines) if line.lower().startswith("error")]
    return first_line("; ".join(lines[errors[0] :] if errors else lines[-1:])) or "no output"


class _CheckVulnerability(msgspec.Struct, frozen=True):
    vulnerability_id: str
    package_name: str
    analyzed_version: str
    advisory: str | None = None
    cve: str | None = msgspec.field(default=None, name="CVE")
    fixed_versions: tuple[str, ...] = ()


class _CheckMeta(msgspec.Struct, frozen=True):
    packages_found: int


class _Check(msgspec.Struct, frozen=True):
    report_meta: _CheckMeta
    vulnerabilities: tuple[_CheckVulnerability, ...]
    ignored_vulnerabilities: tuple[_CheckVulnerability, ...] = ()


def parse_check(content: bytes, *, packages: int) -> ScannerReport:
    """Return what the report of `safety check` contains, with the vulnerabilities that a setting of Safety ignores.

    Raises `msgspec.MsgspecError` for another format, or if Safety did not read that number of packages.
    """
    report = msgspec.json.decode(content, type=_Check)
    if report.report_meta.packages_found != packages:
        raise msgspec.ValidationError(f"{report.report_meta.packages_found} of {packages} packages were checked")
    known = {"scanned_packages", "affected_packages", "announcements", "remediations", "remediations_results"}
    known |= {*_Check.__struct_fields__}
    vulnerabilities = (
        reported_vulnerability(
            SAFETY_CHECK,
            vulnerability.package_name,
            vulnerability.analyzed_version,
            ids=(vulnerability.vulnerability_id, *([vulnerability.cve] if vulnerability.cve else [])),
            summary=vulnerability.advisory or "",
            fixed=vulnerability.fixed_versions,
        )
        for vulnerability in (*report.vulnerabilities, *report.ignored_vulnerabilities)
    )
    return ScannerReport(
        tool=SAFETY_CHECK,
        vulnerabilities=tuple(vulnerabilities),
        not_understood=unknown_fields(content, report, known),
    )


class _ScanVulnerability(msgspec.Struct, frozen=True):
    id: str


class _ScanVulnerabilities(msgspec.Struct, frozen=True):
    known_vulnerabilities: tuple[_ScanVulnerability, ...]


class _ScanSpecification(msgspec.Struct, frozen=True):
    raw: str
    vulnerabilities: _ScanVulnerabilities


class _ScanPackage(msgspec.Struct, frozen=True):
    name: str
    specifications: tuple[_ScanSpecification, ...]


class _ScanDependencies(msgspec.Struct, frozen=True):
    dependencies: tuple[_ScanPackage, ...]


class _ScanFile(msgspec.Struct, frozen=True):
    results: _ScanDependencies


class _ScanProject(msgspec.Struct, frozen=True):
    files: Annotated[tuple[_ScanFile, ...], msgspec.Meta(min_length=1)]


class _ScanProjects(msgspec.Struct, frozen=True):
    projects: Annotated[tuple[_ScanProject, ...], msgspec.Meta(min_length=1)]


class _Scan(msgspec.Struct, frozen=True):
    scan_results: _ScanProjects


def parse_scan(content: bytes) -> ScannerReport:
    """Return what the report of `safety scan` (schema 3.0) contains; the only ids of its vulnerabilities are Safety's own numbers.

    Raises `msgspec.MsgspecError` for another format, or if Safety read no file.
    """
    report = msgspec.json.decode(content, type=_Scan)
    known = {"known_vulnerabilities", "remediation", "meta", "location", "type", "categories", "found"}
    known |= {"id", "upload_request_id", "policy", "git"}
    vulnerabilities = (
        reported_vulnerability(
            SAFETY_SCAN,
            package.name,
            specification.raw.rpartition("==")[2],
            ids=(known.id,),
            summary="Safety reports this number without further details",
        )
        for project in report.scan_results.projects
        for file in project.files
        for package in file.results.dependencies
        for specification in package.specifications
        for known in specification.vulnerabilities.known_vulnerabilities
    )
    return ScannerReport(
        tool=SAFETY_SCAN,
        vulnerabilities=tuple(vulnerabilities),
        not_understood=unknown_fields(content, report, known),
    )

"""The edge to Safety (https://docs.safetycli.com): with a key it asks its own database, without one it checks against ours."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from evenfall.project.tools import find_tool
from evenfall.supply_chain.audit.advisories import Advisory, Window
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.scanner_result import SAFETY, Claim, Missing, Opinion
from evenfall.supply_chain.audit.scanners import Said, claim, run, understood
from evenfall.supply_chain.versions import parsed

KEY = "SAFETY_API_KEY"
_VULNERABLE = 64


def ask_safety(
    audited_packages: Iterable[AuditedPackage], advisories: Mapping[str, Sequence[Advisory]], scripts: str | None = None
) -> Opinion:
    """What Safety says of these packages: with `SAFETY_API_KEY` by its own database, else by ours, which needs no network.

    It is looked for in `scripts`, or beside this Python. It runs in a folder and a home of its own, so that no login, cache or
    policy of a user changes what it finds.
    """
    program = find_tool(SAFETY, scripts)
    if program is None:
        return Missing(tool=SAFETY, why='it is not installed beside evenfall; the extra "evenfall[sessions]" brings it')
    with tempfile.TemporaryDirectory(prefix="evenfall-") as name:
        folder = Path(name)
        pinned = "".join(f"{each.name}=={each.version}\n" for each in audited_packages)
        (folder / "requirements.txt").write_text(pinned, encoding="utf-8")
        if os.environ.get(KEY):
            return _scan(program, folder)
        return _check(program, folder, advisories)


def _environ(folder: Path, **more: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("SAFETY_")}
    return {**own, "HOME": str(folder), "USERPROFILE": str(folder), "SAFETY_SYSTEM_CONFIG_PATH": str(folder), **more}


class _Checked(msgspec.Struct, frozen=True):
    vulnerability_id: str
    package_name: str
    analyzed_version: str
    advisory: str = ""
    cve: str | None = msgspec.field(default=None, name="CVE")


class _Check(msgspec.Struct, frozen=True):
    vulnerabilities: tuple[_Checked, ...]


def _check(program: str, folder: Path, advisories: Mapping[str, Sequence[Advisory]]) -> Opinion:
    """`safety check` is deprecated, and says so on stdout: its answer is read from a file."""
    export(advisories, folder)
    answer = folder / "answer.json"
    command = (program, "check", f"--db={folder}", "-r", "requirements.txt", f"--save-json={answer}")
    done = run(SAFETY, command, folder, _environ(folder), fine=(0, _VULNERABLE))
    if isinstance(done, Missing):
        return done
    return understood(SAFETY, lambda: _checked(msgspec.json.decode(answer.read_bytes(), type=_Check)))


def _checked(answer: _Check) -> tuple[Claim, ...]:
    return tuple(
        claim(
            SAFETY,
            Said(
                package=each.package_name,
                version=each.analyzed_version,
                names=(each.vulnerability_id, *([each.cve] if each.cve else [])),
                summary=each.advisory,
            ),
        )
        for each in answer.vulnerabilities
    )


def export(advisories: Mapping[str, Sequence[Advisory]], folder: Path) -> None:
    """Write our advisories as the database that Safety reads, of its schema 2.0.0."""
    meta = {"schema_version": "2.0.0", "timestamp": 0, "base_domain": "https://osv.dev", "packages": {}}
    specs = {name: [(advisory, _specs(advisory)) for advisory in found] for name, found in advisories.items()}
    short = {name: [spec for _, each in found for spec in each] for name, found in specs.items()}
    full = {name: [_entry(advisory, each) for advisory, each in found] for name, found in specs.items()}
    for file, packages in (("insecure.json", short), ("insecure_full.json", full)):
        told = {"meta": meta, "vulnerable_packages": packages}
        (folder / file).write_bytes(msgspec.json.encode(told))


def _entry(advisory: Advisory, specs: list[str]) -> dict[str, object]:
    cve = next((name for name in advisory.names if name.startswith("CVE-")), "")
    return {
        "type": "cve" if cve else "pyup",
        "ids": [{"type": "pyup", "id": advisory.id}, *([{"type": "cve", "id": cve}] if cve else [])],
        "affected_versions": sorted(advisory.versions),
        "fixed_versions": [],
        "specs": specs,
        "advisory": advisory.summary,
        "more_info_path": f"/vulnerability/{advisory.id}",
        "transitive": False,
    }


def _specs(advisory: Advisory) -> list[str]:
    """Specifiers (PEP 440), one of which a version must match."""
    listed = [f"=={version}" for version in sorted(advisory.versions) if parsed(version)]
    return [*listed, *map(_spec, advisory.windows())]


def _spec(window: Window) -> str:
    """Without local versions, which PEP 440 lets no such comparison have; then the end belongs to it, as `Advisory.affects` has it."""
    start = f">={window.start.public if window.start else '0.dev0'}"
    if window.end is None:
        return start
    return f"{start},<{'=' if window.closed or window.end.local else ''}{window.end.public}"


class _Known(msgspec.Struct, frozen=True):
    id: str


class _Vulnerabilities(msgspec.Struct, frozen=True):
    known_vulnerabilities: tuple[_Known, ...]


class _Specification(msgspec.Struct, frozen=True):
    raw: str
    vulnerabilities: _Vulnerabilities


class _Package(msgspec.Struct, frozen=True):
    name: str
    specifications: tuple[_Specification, ...]


class _Results(msgspec.Struct, frozen=True):
    dependencies: tuple[_Package, ...]


class _File(msgspec.Struct, frozen=True):
    results: _Results


class _Project(msgspec.Struct, frozen=True):
    files: Annotated[tuple[_File, ...], msgspec.Meta(min_length=1)]


class _Scanned(msgspec.Struct, frozen=True):
    projects: Annotated[tuple[_Project, ...], msgspec.Meta(min_length=1)]


class _Scan(msgspec.Struct, frozen=True):
    scan_results: _Scanned


def _scan(program: str, folder: Path) -> Opinion:
    """Safety reads the key from its variable, so that no list of processes shows it; keys are for its stage `cicd`."""
    answer = folder / "answer.json"
    environ = _environ(folder, SAFETY_API_KEY=os.environ[KEY], SAFETY_STAGE="cicd")
    command = (program, "scan", f"--target={folder}", "--save-as", "json", str(answer))
    done = run(SAFETY, command, folder, environ, fine=(0, _VULNERABLE))
    if isinstance(done, Missing):
        return done
    return understood(SAFETY, lambda: scanned(answer.read_bytes()))


def scanned(content: bytes) -> tuple[Claim, ...]:
    """What `safety scan` wrote, of its schema 3.0: it gives its own numbers and no other name.

    Raises `msgspec.MsgspecError` where something of the schema is missing, or no file was looked at: that is no good news.
    """
    answer = msgspec.json.decode(content, type=_Scan)
    return tuple(
        claim(
            SAFETY,
            Said(
                package=package.name,
                version=specification.raw.rpartition("==")[2],
                names=(known.id,),
                summary="known to Safety by this number alone",
            ),
        )
        for project in answer.scan_results.projects
        for file in project.files
        for package in file.results.dependencies
        for specification in package.specifications
        for known in specification.vulnerabilities.known_vulnerabilities
    )

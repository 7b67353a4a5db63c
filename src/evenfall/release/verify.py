"""Verify a release on its index: wait for the files, compare their hashes and provenance, and install the release from there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.findings import Finding, Location, has_errors
from evenfall.package_index.page import IndexFile
from evenfall.project.project import Project
from evenfall.release.index import Index, is_temporary, sha256_on_index
from evenfall.release.install import RequirementRequest, check_requirement
from evenfall.release.install_report import InstallReport
from evenfall.release.manifest import NAME, Manifest, ReleaseFile, read_manifest
from evenfall.release.provenance import Publisher, download_provenance, provenance_problems
from evenfall.release.verify_report import VerifyReport
from evenfall.text import one_line, plural

LONGEST_WAIT = 30.0
"""The number of seconds between two requests for the page of the project, after some shorter waits: 1, 2, 4 …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What to verify.

    `python` is the interpreter to install the release with. `timeout` is the number of seconds to wait for the index. `publisher` is
    the project's own on GitHub, or None if it is not known. `install` installs the release; `clock` and `sleep` measure and pass the time
    in seconds.
    """

    folder: Path
    index: Index
    python: Path
    progress: Callable[[str], object]
    project: Project
    publisher: Publisher | None = None
    timeout: float = 30 * 60
    install: Callable[[RequirementRequest], InstallReport] = check_requirement
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep


def verify(request: VerifyRequest) -> VerifyReport:
    """Wait until the index lists every distribution, compare the hashes and the provenance, and install the release from the index.

    Raises `EvenfallError` as `read_manifest` and `sha256_on_index` do, and (unknown) if the index does not accept the credentials.
    """
    manifest = read_manifest(request.folder)
    listed, error = _wait_for_files(request, manifest)
    report = VerifyReport(manifest=manifest, links={name: file.url for name, file in listed.items()})
    digests = {name: sha256_on_index(file, request.index.urls) for name, file in listed.items()}
    if findings := tuple(_hash_findings(manifest, digests)):
        return replace(report, findings=findings)
    if reasons := tuple(_missing_files(request, manifest, listed, error)):
        return replace(report, inconclusive=reasons)
    return _install(request, _compare_provenance(request, report, listed))


def _wait_for_files(request: VerifyRequest, manifest: Manifest) -> tuple[dict[str, IndexFile], str]:
    """Return the listed distributions of the release by name, and the error of the index if it has just failed.

    The wait ends when all of them are listed, when one of them has another hash, or at the timeout.
    """
    deadline = request.clock() + request.timeout
    delay = 1.0
    while True:
        listed, error = _ask(request, manifest)
        remaining = deadline - request.clock()
        if (
            len(listed) == len(manifest.distributions)
            or any(_hash_findings(manifest, _stated_hashes(listed)))
            or remaining <= 0
        ):
            return listed, error
        state = error or f"{len(listed)} of {plural(len(manifest.distributions), 'file')} listed"
        wait = min(delay, remaining)
        request.progress(f"{manifest.index}: {one_line(state)}; asking again in {wait:.0f} s")
        request.sleep(wait)
        delay = min(2 * delay, LONGEST_WAIT)


def _ask(request: VerifyRequest, manifest: Manifest) -> tuple[dict[str, IndexFile], str]:
    """Return the distributions of the release that the index lists now, or none and the error of the index."""
    names = {file.name for file in manifest.distributions}
    try:
        files = request.index.files(manifest.project) or ()
    except EvenfallError as error:
        if not is_temporary(error):
            raise
        return {}, error.message.removeprefix("inconclusive: ")
    return {file.name: file for file in files if file.name in names}, ""


def _stated_hashes(listed: Mapping[str, IndexFile]) -> dict[str, str]:
    return {name: file.hashes["sha256"].lower() for name, file in listed.items() if "sha256" in file.hashes}


def _hash_findings(manifest: Manifest, digests: Mapping[str, str]) -> Iterator[Finding]:
    for file in manifest.distributions:
        digest = digests.get(file.name, file.sha256)
        if digest != file.sha256:
            reason = f"{manifest.index} has this file with the SHA-256 {one_line(digest)}, not {file.sha256}"
            fix = "yank the version on the index, find out who uploaded the file, then release the next version"
            yield _finding("release-hash-differs", file.name, reason, fix)


def _missing_files(
    request: VerifyRequest, manifest: Manifest, listed: Mapping[str, IndexFile], error: str
) -> Iterator[str]:
    """Yield why some distributions could not be compared: the index does not list them."""
    for file in manifest.distributions:
        if file.name not in listed:
            reason = f": {error}" if error else ""
            yield f"{manifest.index} does not list {file.name} after {request.timeout / 60:g} min{reason}"


def _compare_provenance(request: VerifyRequest, report: VerifyReport, listed: Mapping[str, IndexFile]) -> VerifyReport:
    """Return the report with the result of the comparison."""
    manifest = report.manifest
    addresses = {file: listed[file.name].provenance or "" for file in manifest.distributions}
    if not any(addresses.values()):
        return replace(report, notes=(f"{manifest.index} has no provenance of the files",))
    if request.publisher is None:
        reason = "the provenance was not compared, because the project's repository on GitHub is not known"
        return replace(report, inconclusive=(reason,))
    findings: list[Finding] = []
    inconclusive: list[str] = []
    for file, address in addresses.items():
        request.progress(f"comparing the provenance of {file.name}")
        try:
            problems = _provenance_problems(file, address, request.publisher)
        except EvenfallError as error:
            inconclusive.append(error.message)
            continue
        fix = "if you did not publish this file, yank the version on the index; else correct its trusted publisher"
        findings += [_finding("release-provenance-differs", file.name, problem, fix) for problem in problems]
    return replace(report, findings=tuple(findings), inconclusive=tuple(inconclusive))


def _provenance_problems(file: ReleaseFile, address: str, publisher: Publisher) -> list[str]:
    if not address:
        return ["the index has provenance of another file of this version, but not of this one"]
    return provenance_problems(download_provenance(address), file, publisher)


def _install(request: VerifyRequest, report: VerifyReport) -> VerifyReport:
    """Return the report with the result of the installation."""
    manifest = report.manifest
    request.progress(f"installing {manifest.project} {manifest.version} from {manifest.index}")
    requirement = RequirementRequest(
        project=request.project,
        version=manifest.version,
        index=request.index.urls,
        python=request.python,
        progress=request.progress,
    )
    installed = request.install(requirement)
    if any(finding.code == "release-install-failed" for finding in installed.findings):
        # Another server of the index may offer the files later than the one that listed them.
        request.progress(f"the installation failed; trying again in {LONGEST_WAIT:.0f} s")
        request.sleep(LONGEST_WAIT)
        installed = request.install(requirement)
    findings, inconclusive = installed.findings, installed.inconclusive
    if not (findings or inconclusive or installed.installed):
        inconclusive = ("the release was not installed",)
    if has_errors(findings):
        reason = f"published on {manifest.index}, but not installable from there; the other findings say why"
        fix = "yank the version on the index, correct the cause, then release the next version"
        findings = (
            _finding("release-not-installable", f"{manifest.project} {manifest.version}", reason, fix),
            *findings,
        )
    return replace(
        report,
        findings=(*report.findings, *findings),
        inconclusive=(*report.inconclusive, *inconclusive),
        notes=(*report.notes, *installed.skipped),
    )


def _finding(code: str, key: str, reason: str, fix: str) -> Finding:
    return Finding(code=code, location=Location(path=NAME, key=key), reason=reason, fix=fix)

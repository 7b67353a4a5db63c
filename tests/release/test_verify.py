from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location
from evenfall.package_index.page import IndexFile
from evenfall.release.index import PYPI, AccessDeniedError, IndexUrls
from evenfall.release.install import RequirementRequest
from evenfall.release.install_report import InstalledFile, InstallReport
from evenfall.release.local_index import Faults, LocalIndex
from evenfall.release.manifest import read_manifest
from evenfall.release.provenance import Publisher
from evenfall.release.use_environment import Use
from evenfall.release.verify import VerifyRequest, verify
from evenfall.release.verify_report import VerifyReport, as_json, text
from tests.release.distributions import write_release
from tests.release.provenance import provenance, subject
from tests.release.wheels import lamp_project
from tests.supply_chain.osv import Loopback

Answer = tuple[IndexFile, ...] | EvenfallError | None


@dataclass
class FakeIndex:
    """An `Index` that gives one answer after the other, and the last one again and again."""

    answers: list[Answer]
    urls: IndexUrls = PYPI

    def files(self, project: str) -> tuple[IndexFile, ...] | None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, EvenfallError):
            raise answer
        return answer


@dataclass
class Clock:
    """A time that passes only in `sleep`."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Installer:
    """Returns one report after the other instead of an installation, and keeps the requests."""

    reports: list[InstallReport] = field(default_factory=list)
    requests: list[RequirementRequest] = field(default_factory=list)

    def __call__(self, request: RequirementRequest) -> InstallReport:
        self.requests.append(request)
        return self.reports.pop(0) if self.reports else INSTALLED


PUBLISHER = Publisher(repositories=("lamp-makers/lamp",), environment="pypi")
INSTALLED = InstallReport(installed=(InstalledFile(file="lamp==1.0", python="Python 3.12.1", use=Use(findings=())),))
ERROR = EvenfallError("inconclusive: the server answered 500", exit_code=Exit.UNKNOWN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def installer() -> Installer:
    return Installer()


@pytest.fixture
def listed(folder: Path) -> tuple[IndexFile, ...]:
    """The files as the index should list them."""
    return tuple(
        IndexFile(
            name=file.name,
            url=f"https://files.test/{file.name}",
            hashes={"sha256": file.sha256},
        )
        for file in read_manifest(folder).distributions
    )


Run = Callable[..., VerifyReport]


@pytest.fixture
def run(folder: Path, clock: Clock, installer: Installer) -> Run:
    """Return a function that verifies the release against the answers of an index."""

    def run(*answers: Answer, publisher: Publisher | None = PUBLISHER, timeout: float = 1800) -> VerifyReport:
        return verify(
            VerifyRequest(
                folder=folder,
                index=FakeIndex([*answers]),
                python=Path(sys.executable),
                project=lamp_project(folder),
                progress=str,
                publisher=publisher,
                timeout=timeout,
                install=installer,
                clock=lambda: clock.now,
                sleep=clock.sleep,
            )
        )

    return run


def codes(report: VerifyReport) -> list[str]:
    return [finding.code for finding in report.findings]


def problem(code: str) -> InstallReport:
    finding = Finding(code=code, location=Location(path="lamp==1.0"), reason="it fails")
    return InstallReport(findings=(finding,))


def test_a_listed_release_is_installed_at_once(
    run: Run, listed: tuple[IndexFile, ...], clock: Clock, installer: Installer
) -> None:
    report = run(listed)
    assert (report.exit_code, clock.slept) == (Exit.FINE, [])
    assert report.links == {file.name: file.url for file in listed}
    (request,) = installer.requests
    assert (request.project.name, request.version, request.index) == ("lamp", "1.0", PYPI)


def test_the_index_is_asked_until_it_lists_every_file(run: Run, listed: tuple[IndexFile, ...], clock: Clock) -> None:
    assert run(None, (), listed[:1], ERROR, ERROR, listed).exit_code == Exit.FINE
    assert clock.slept == [1, 2, 4, 8, 16]


def test_an_index_that_never_lists_the_files_is_inconclusive(run: Run, clock: Clock, installer: Installer) -> None:
    report = run(None)
    assert (report.exit_code, len(report.inconclusive)) == (Exit.UNKNOWN, 2)
    assert sum(clock.slept) == 1800
    assert max(clock.slept) == 30
    assert installer.requests == []


def test_one_missing_file_is_enough_to_be_inconclusive(run: Run, listed: tuple[IndexFile, ...]) -> None:
    (reason,) = run(listed[:1]).inconclusive
    assert listed[1].name in reason


def test_the_last_error_of_the_index_is_reported(run: Run) -> None:
    report = run(None, ERROR, timeout=60)
    assert report.exit_code == Exit.UNKNOWN
    assert all("500" in reason and "after 1 min" in reason for reason in report.inconclusive)


def test_refused_credentials_end_the_wait(run: Run, clock: Clock) -> None:
    with pytest.raises(AccessDeniedError):
        run(AccessDeniedError("refused", exit_code=Exit.UNKNOWN))
    with pytest.raises(EvenfallError, match="netrc"):
        run(EvenfallError("invalid netrc file", exit_code=Exit.USAGE))
    assert clock.slept == []


def test_another_hash_is_found_at_once(
    run: Run, listed: tuple[IndexFile, ...], clock: Clock, installer: Installer
) -> None:
    other = msgspec.structs.replace(listed[1], hashes={"sha256": "b" * 64})
    report = run((other,))
    assert (codes(report), report.exit_code) == (["release-hash-differs"], Exit.FINDINGS)
    assert (clock.slept, installer.requests) == ([], [])


def test_a_hash_can_have_capital_letters(run: Run, listed: tuple[IndexFile, ...]) -> None:
    capital = tuple(msgspec.structs.replace(file, hashes={"sha256": file.hashes["sha256"].upper()}) for file in listed)
    assert run(capital).exit_code == Exit.FINE


def test_a_file_without_sha256_is_downloaded(
    run: Run, listed: tuple[IndexFile, ...], folder: Path, loopback: Loopback
) -> None:
    same = loopback.page("/wheel", (folder / listed[0].name).read_bytes())
    weak = msgspec.structs.replace(listed[0], hashes={"md5": "b" * 32}, url=same)
    assert run((weak, listed[1])).exit_code == Exit.FINE
    other = msgspec.structs.replace(weak, url=loopback.page("/other", b"other"))
    assert codes(run((other, listed[1]))) == ["release-hash-differs"]


def test_files_of_other_versions_do_not_matter(run: Run, listed: tuple[IndexFile, ...]) -> None:
    other = IndexFile(name="lamp-0.9.tar.gz", hashes={"sha256": "b" * 64})
    assert run((*listed, other)).exit_code == Exit.FINE


def test_a_release_that_is_not_installable_is_found(
    run: Run, listed: tuple[IndexFile, ...], installer: Installer
) -> None:
    installer.reports = [problem("release-import-failed")]
    report = run(listed)
    assert codes(report) == ["release-not-installable", "release-import-failed"]


def test_a_failed_installation_is_tried_again_once(
    run: Run, listed: tuple[IndexFile, ...], installer: Installer, clock: Clock
) -> None:
    installer.reports = [problem("release-install-failed")]
    assert (run(listed).exit_code, clock.slept) == (Exit.FINE, [30])
    installer.reports = [problem("release-install-failed"), problem("release-install-failed")]
    assert codes(run(listed)) == ["release-not-installable", "release-install-failed"]


def test_an_installation_can_be_inconclusive(run: Run, listed: tuple[IndexFile, ...], installer: Installer) -> None:
    installer.reports = [InstallReport(inconclusive=("no network",), skipped=("other system",))]
    report = run(listed)
    assert (report.exit_code, report.inconclusive) == (Exit.UNKNOWN, ("no network",))
    assert "other system" in report.notes


def test_no_installation_is_inconclusive(run: Run, listed: tuple[IndexFile, ...], installer: Installer) -> None:
    installer.reports = [InstallReport(skipped=("other system",))]
    assert run(listed).exit_code == Exit.UNKNOWN


def test_an_index_without_provenance_is_noted(run: Run, listed: tuple[IndexFile, ...]) -> None:
    report = run(listed, publisher=None)
    assert (report.exit_code, len(report.notes)) == (Exit.FINE, 1)


Attested = Callable[..., tuple[IndexFile, ...]]


@pytest.fixture
def attested(loopback: Loopback, folder: Path, listed: tuple[IndexFile, ...]) -> Attested:
    """Return a function that returns the listed files with the provenance of a publisher."""

    def attested(**publisher: str) -> tuple[IndexFile, ...]:
        urls = [
            loopback.page(f"/{file.name}", provenance(subject(file), **publisher))
            for file in read_manifest(folder).distributions
        ]
        return tuple(msgspec.structs.replace(file, provenance=url) for file, url in zip(listed, urls, strict=True))

    return attested


def test_the_provenance_of_this_repository_is_accepted(run: Run, attested: Attested, installer: Installer) -> None:
    report = run(attested())
    assert (report.exit_code, report.notes, len(installer.requests)) == (Exit.FINE, (), 1)


def test_the_provenance_of_another_repository_is_found(run: Run, attested: Attested, installer: Installer) -> None:
    report = run(attested(repository="lamp-makers/fork"))
    assert codes(report) == ["release-provenance-differs"] * 2
    assert len(installer.requests) == 1


def test_provenance_of_only_one_file_is_found(run: Run, attested: Attested, listed: tuple[IndexFile, ...]) -> None:
    assert codes(run((attested()[0], listed[1]))) == ["release-provenance-differs"]


def test_without_a_repository_the_provenance_is_inconclusive(run: Run, attested: Attested) -> None:
    assert run(attested(), publisher=None).exit_code == Exit.UNKNOWN


def test_provenance_that_can_not_be_read_is_inconclusive(run: Run, attested: Attested, loopback: Loopback) -> None:
    files = attested()
    loopback.pages.clear()
    report = run(files)
    assert (report.exit_code, len(report.inconclusive)) == (Exit.UNKNOWN, 2)


def test_the_report_is_text_and_json(run: Run, listed: tuple[IndexFile, ...], installer: Installer) -> None:
    values = json.loads(json.dumps(as_json(run(listed))))
    assert [file["url"] for file in values["files"]] == [file.url for file in listed]
    assert text(run(listed)).splitlines()[-1] == "lamp 1.0 on pypi: passed"
    assert text(run(None)).splitlines()[-1] == "lamp 1.0 on pypi: inconclusive"
    installer.reports = [problem("release-import-failed")]
    lines = text(run(listed))
    assert "[release-not-installable]" in lines
    assert lines.splitlines()[-1] == "lamp 1.0 on pypi: failed"


@pytest.mark.integration
def test_a_release_on_an_index_is_installed_after_errors_and_a_delay(folder: Path, tmp_path: Path) -> None:
    with LocalIndex(folder, faults=Faults(shown_after=1.5, failing_pages=2)) as index:
        lines: list[str] = []
        for file in read_manifest(folder).distributions:
            (folder / file.name).touch()
        report = verify(
            VerifyRequest(
                folder=folder,
                index=index,
                python=Path(sys.executable),
                project=lamp_project(folder),
                progress=lines.append,
                timeout=30,
                sleep=lambda seconds: time.sleep(seconds / 3),
            )
        )
    assert text(report).splitlines()[-1] == "lamp 1.0 on pypi: passed"
    assert len(report.links) == 2

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.page import IndexFile
from evenfall.release.attestations import SUFFIX
from evenfall.release.credentials import Credentials, find_credentials
from evenfall.release.index import PYPI, IndexUrls, SimpleIndex
from evenfall.release.local_index import LocalIndex
from evenfall.release.manifest import read_manifest, sha256_of, write_manifest
from evenfall.release.publish import PublishReport, PublishRequest, publish
from evenfall.release.publish_report import text
from tests.release.attested import attestation
from tests.release.distributions import write_release, write_sdist, write_wheel
from tests.supply_chain.osv import Loopback

pytestmark = pytest.mark.integration


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LocalIndex]:
    with LocalIndex(tmp_path / "index") as index:
        yield index


@pytest.fixture
def said() -> list[str]:
    """The lines of narration."""
    return []


@pytest.fixture
def request_(index: LocalIndex, tmp_path: Path, said: list[str]) -> PublishRequest:
    return PublishRequest(
        folder=write_release(tmp_path),
        index=index,
        credentials=lambda: index.credentials,
        progress=said.append,
        pauses=(0.01, 0.01),
    )


def on_index(request: PublishRequest) -> set[str]:
    return {file.name for file in request.index.files("lamp") or ()}


def codes(report: PublishReport) -> list[str]:
    return [finding.code for finding in report.findings]


def counts(report: PublishReport) -> tuple[int, int]:
    return len(report.uploaded), len(report.present)


def no_credentials() -> Credentials:
    return find_credentials("pypi", {})


def test_all_files_are_uploaded_once(request_: PublishRequest) -> None:
    report = publish(request_)
    assert (counts(report), report.exit_code) == ((2, 0), Exit.FINE)
    assert on_index(request_) == {file.name for file in report.manifest.distributions}
    report = publish(replace(request_, credentials=no_credentials))
    assert (counts(report), report.exit_code) == ((0, 2), Exit.FINE)


def test_an_interrupted_upload_is_resumed(index: LocalIndex, request_: PublishRequest) -> None:
    index.faults.whole_uploads, index.faults.broken_uploads = 1, 3
    with pytest.raises(EvenfallError) as caught:
        publish(request_)
    assert caught.value.exit_code == Exit.UNKNOWN
    assert on_index(request_) == {"lamp-1.0-py3-none-any.whl"}
    report = publish(request_)
    assert (counts(report), report.exit_code) == ((1, 1), Exit.FINE)


def test_nothing_is_uploaded_if_the_second_file_differs(index: LocalIndex, request_: PublishRequest) -> None:
    write_sdist(index.folder, code="other = True")
    report = publish(request_)
    assert (codes(report), report.exit_code) == (["release-file-exists"], Exit.FINDINGS)
    assert on_index(request_) == {"lamp-1.0.tar.gz"}


def test_an_error_of_the_index_is_tried_again(index: LocalIndex, request_: PublishRequest, said: list[str]) -> None:
    index.faults.failing_pages = index.faults.failing_uploads = 2
    assert publish(request_).exit_code == Exit.FINE
    assert len([line for line in said if "500" in line]) == 4


def test_an_index_that_always_fails_is_inconclusive(index: LocalIndex, request_: PublishRequest) -> None:
    index.faults.failing_pages = 3
    with pytest.raises(EvenfallError) as caught:
        publish(request_)
    assert caught.value.exit_code == Exit.UNKNOWN
    index.faults.failing_uploads = 3
    with pytest.raises(EvenfallError) as caught:
        publish(request_)
    assert caught.value.exit_code == Exit.UNKNOWN
    assert on_index(request_) == set()


def test_a_wrong_password_is_one_error_without_the_password(request_: PublishRequest) -> None:
    credentials = Credentials(source="the token", environ={"UV_PUBLISH_TOKEN": "pypi-another"})
    with pytest.raises(EvenfallError) as caught:
        publish(replace(request_, credentials=lambda: credentials))
    assert caught.value.exit_code == Exit.USAGE
    assert "pypi-another" not in str(caught.value)
    assert on_index(request_) == set()


class LateIndex:
    """An index whose first answers do not list any file, although it has them."""

    def __init__(self, index: LocalIndex, answers: int) -> None:
        self._index = index
        self._answers = answers

    @property
    def urls(self) -> IndexUrls:
        return self._index.urls

    def files(self, project: str) -> tuple[IndexFile, ...] | None:
        self._answers -= 1
        return () if self._answers >= 0 else self._index.files(project)


def test_a_file_that_the_index_got_before_the_connection_broke_is_uploaded(
    index: LocalIndex, request_: PublishRequest
) -> None:
    write_wheel(index.folder)
    index.faults.failing_uploads = 1
    report = publish(replace(request_, index=LateIndex(index, 1)))
    assert (counts(report), report.exit_code) == ((2, 0), Exit.FINE)


def test_a_file_that_another_run_uploaded_meanwhile_is_uploaded(index: LocalIndex, request_: PublishRequest) -> None:
    write_wheel(index.folder)
    assert publish(replace(request_, index=LateIndex(index, 1))).exit_code == Exit.FINE


def test_a_file_that_the_index_refuses_stops_the_upload(index: LocalIndex, request_: PublishRequest) -> None:
    write_wheel(index.folder, code="other = True")
    report = publish(replace(request_, index=LateIndex(index, 1)))
    assert (codes(report), counts(report), report.exit_code) == (["release-file-refused"], (0, 0), Exit.FINDINGS)
    assert on_index(request_) == {"lamp-1.0-py3-none-any.whl"}


def test_a_file_that_uv_can_not_read_is_inconclusive(request_: PublishRequest) -> None:
    manifest = read_manifest(request_.folder)
    wheel = request_.folder / manifest.files[0].name
    wheel.write_bytes(b"no zip file")
    changed = msgspec.structs.replace(manifest.files[0], sha256=sha256_of(wheel))
    write_manifest(request_.folder, msgspec.structs.replace(manifest, files=(changed, *manifest.files[1:])))
    with pytest.raises(EvenfallError) as caught:
        publish(request_)
    assert caught.value.exit_code == Exit.UNKNOWN


def test_a_file_that_uv_skips_is_inconclusive(request_: PublishRequest, tmp_path: Path) -> None:
    request = replace(request_, folder=write_release(tmp_path / "other", "Lamp.Oil"))
    with pytest.raises(EvenfallError, match="skipping") as caught:
        publish(request)
    assert caught.value.exit_code == Exit.UNKNOWN
    assert request.index.files("lamp-oil") is None


def test_the_files_of_another_index_are_not_published(request_: PublishRequest, tmp_path: Path) -> None:
    with pytest.raises(EvenfallError) as caught:
        publish(replace(request_, folder=write_release(tmp_path, index="testpypi")))
    assert caught.value.exit_code == Exit.USAGE


def test_an_invalid_attestation_prevents_the_upload(request_: PublishRequest) -> None:
    (request_.folder / f"lamp-1.0.tar.gz{SUFFIX}").write_text("{}")
    report = publish(request_)
    assert (codes(report), report.exit_code) == (["release-attestation-invalid"], Exit.FINDINGS)
    assert on_index(request_) == set()


def test_a_valid_attestation_is_uploaded(index: LocalIndex, request_: PublishRequest) -> None:
    wheel = read_manifest(request_.folder).files[0]
    (request_.folder / f"{wheel.name}{SUFFIX}").write_text(json.dumps(attestation(wheel.name, wheel.sha256)))
    assert publish(request_).exit_code == Exit.FINE


def test_a_page_that_needs_a_password_is_asked_for_once(request_: PublishRequest, loopback: Loopback) -> None:
    loopback.page("/simple/lamp/", b"", status=401)
    index = SimpleIndex(IndexUrls(name="pypi", simple=f"{loopback.address}/simple/", upload=loopback.address))
    with pytest.raises(EvenfallError) as caught:
        publish(replace(request_, index=index))
    assert caught.value.exit_code == Exit.UNKNOWN
    assert loopback.asked == ["/simple/lamp/"]


def test_the_report_names_the_page_of_the_version(request_: PublishRequest) -> None:
    manifest = read_manifest(request_.folder)
    assert "https://pypi.org/project/lamp/1.0/" in text(PublishReport(manifest=manifest, urls=PYPI))


class PublicIndex:
    """PyPI as a project sees it before its first release."""

    urls = PYPI

    def files(self, project: str) -> tuple[IndexFile, ...] | None:
        return None


def test_nothing_is_uploaded_if_the_files_can_not_be_signed(
    request_: PublishRequest, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    url = loopback.page("/token", b"", status=403)
    environ = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret-of-the-run"}
    credentials = Credentials(source="trusted publishing", environ=environ, trusted_publishing=True)
    with pytest.raises(EvenfallError, match="pypi-attestations") as caught:
        publish(replace(request_, index=PublicIndex(), credentials=lambda: credentials))
    assert caught.value.exit_code == Exit.UNKNOWN
    assert "secret-of-the-run" not in str(caught.value)
    assert loopback.asked == ["/token?audience=sigstore"]

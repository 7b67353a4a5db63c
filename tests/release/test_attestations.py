from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.release.attestations import SUFFIX, check_attestations, sign
from evenfall.release.credentials import Credentials
from evenfall.release.manifest import ReleaseFile, read_manifest
from tests.release.attested import attestation
from tests.release.distributions import write_release
from tests.supply_chain.osv import Loopback

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path)


def files(folder: Path) -> tuple[ReleaseFile, ...]:
    return read_manifest(folder).distributions


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in check_attestations(folder, read_manifest(folder), files(folder))]


def attest(folder: Path, content: Any) -> None:
    (folder / f"{files(folder)[0].name}{SUFFIX}").write_text(json.dumps(content))


def test_files_need_no_attestation(folder: Path) -> None:
    assert codes(folder) == []


def test_an_attestation_of_the_file_is_valid(folder: Path) -> None:
    wheel = files(folder)[0]
    attest(folder, attestation(wheel.name, wheel.sha256))
    assert codes(folder) == []


@pytest.mark.parametrize("content", [{}, [], "text"])
def test_other_json_is_no_attestation(folder: Path, content: Any) -> None:
    attest(folder, content)
    assert codes(folder) == ["release-attestation-invalid"]


def test_an_attestation_of_another_file_is_invalid(folder: Path) -> None:
    wheel, sdist = files(folder)
    for name, sha256 in ((sdist.name, sdist.sha256), (wheel.name, "0" * 64), (sdist.name, wheel.sha256)):
        attest(folder, attestation(name, sha256))
        assert codes(folder) == ["release-attestation-invalid"]


@pytest.mark.parametrize("statement", [{"predicateType": "another"}, {"subject": []}, {"subject": ["text"]}])
def test_an_attestation_must_state_its_subject_and_type(folder: Path, statement: Any) -> None:
    wheel = files(folder)[0]
    attest(folder, attestation(wheel.name, wheel.sha256, **statement))
    assert codes(folder) == ["release-attestation-invalid"]


def test_the_certificate_and_the_log_entry_must_be_valid(folder: Path) -> None:
    wheel = files(folder)[0]
    for key, value in (("certificate", "AAAA"), ("transparency_entries", [{}])):
        content = attestation(wheel.name, wheel.sha256)
        content["verification_material"][key] = value
        attest(folder, content)
        assert codes(folder) == ["release-attestation-invalid"]


def test_signing_needs_the_token_of_github(folder: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    url = loopback.page("/token", b"", status=403)
    environ = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret-of-the-run"}
    credentials = Credentials(source="trusted publishing", environ=environ, trusted_publishing=True)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(EvenfallError) as caught:
        sign(folder, files(folder), credentials)
    assert caught.value.exit_code == Exit.UNKNOWN
    assert "secret-of-the-run" not in str(caught.value)
    assert loopback.asked == ["/token?audience=sigstore"]


def test_a_signed_file_is_not_signed_again(folder: Path) -> None:
    attest(folder, {})
    sign(folder, files(folder)[:1], Credentials(source="none"))

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Severity
from evenfall.release.attestations import SUFFIX, check_attestations, sign
from evenfall.release.credentials import Credentials
from evenfall.release.manifest import ReleaseFile, read_manifest
from tests.release.attested import attestation
from tests.release.distributions import write_release

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path)


def files(folder: Path) -> tuple[ReleaseFile, ...]:
    return read_manifest(folder).distributions


def codes(folder: Path, *, are_uploaded: bool = True) -> list[str]:
    findings = check_attestations(folder, read_manifest(folder), files(folder), are_uploaded=are_uploaded)
    return [finding.code for finding in findings]


def attest(folder: Path, content: Any) -> None:
    (folder / f"{files(folder)[0].name}{SUFFIX}").write_text(json.dumps(content))


def test_files_need_no_attestation(folder: Path) -> None:
    assert codes(folder) == []


def test_an_attestation_of_the_file_is_valid(folder: Path) -> None:
    wheel = files(folder)[0]
    attest(folder, attestation(wheel.name, wheel.sha256))
    assert codes(folder) == []


def test_an_attestation_that_is_not_uploaded_is_a_warning(folder: Path) -> None:
    wheel = files(folder)[0]
    attest(folder, attestation(wheel.name, wheel.sha256))
    findings = check_attestations(folder, read_manifest(folder), files(folder), are_uploaded=False)
    assert [(finding.code, finding.severity) for finding in findings] == [
        ("release-attestation-unused", Severity.WARNING)
    ]


@pytest.mark.parametrize(("content", "named"), [({}, "envelope: "), ([], "object"), ("text", "object")])
def test_other_json_is_no_attestation(folder: Path, content: Any, named: str) -> None:
    attest(folder, content)
    (finding,) = check_attestations(folder, read_manifest(folder), files(folder), are_uploaded=True)
    assert finding.code == "release-attestation-invalid"
    assert named in finding.reason
    assert "pydantic" not in finding.reason


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


NOBODY = Credentials(source="nothing")


def write_signer(folder: Path, code: str) -> str:
    """Write a program with the name of pypi-attestations, and return its folder."""
    program = folder / "pypi-attestations"
    program.write_text(f"#!{sys.executable} -IS\nimport sys, time\n{code}\n")
    program.chmod(0o755)
    return str(folder)


def test_each_file_without_an_attestation_is_signed(folder: Path, tmp_path: Path) -> None:
    wheel, sdist = files(folder)
    attest(folder, {})
    signer = write_signer(
        tmp_path, "for name in sys.argv[2:]: open(name + '.publish.attestation', 'w').write(sys.argv[1])"
    )
    sign(folder, (wheel, sdist), NOBODY, programs=signer)
    written = [(folder / f"{file.name}{SUFFIX}").read_text() for file in (wheel, sdist)]
    assert written == ["{}", "sign"]
    sign(folder, (wheel, sdist), NOBODY, programs=str(tmp_path / "nowhere"))


def test_signing_that_does_not_end_is_inconclusive(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EvenfallError) as caught:
        sign(folder, files(folder), NOBODY, programs=write_signer(tmp_path, "time.sleep(60)"), timeout=0.1)
    assert caught.value.exit_code == Exit.UNKNOWN

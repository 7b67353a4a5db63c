"""`uv audit` with an OSV API on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenfall.supply_chain.audit.scanner_result import (
    UV_AUDIT,
    ReportedStatus,
    ReportedVulnerability,
    ScannerReport,
    ScannerResult,
    ScannerUnavailable,
    parse_output,
)
from evenfall.supply_chain.audit.uv_audit import parse_uv_audit, run_uv_audit
from tests.supply_chain.locks import lock, package, root
from tests.supply_chain.osv import Loopback, record

pytestmark = pytest.mark.integration

OIL = record(
    "PYSEC-1", "oil", versions=["1"], events=[{"introduced": "0"}, {"fixed": "2"}], aliases=["CVE-1"], details="Fire."
)
PYPROJECT = """
[project]
name = "lantern"
version = "1"
requires-python = ">=3.11"
dependencies = ["oil"]
[dependency-groups]
dev = ["wick"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a lock and no environment."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "uv.lock").write_text(lock(root(["oil"], ["wick"]), package("oil"), package("wick")))
    return tmp_path


def rows(result: ScannerResult) -> list[tuple[str, str, tuple[str, ...], str]]:
    assert isinstance(result, ScannerReport), result
    return sorted(map(_row, result.vulnerabilities))


def _row(reported: ReportedVulnerability) -> tuple[str, str, tuple[str, ...], str]:
    return reported.advisory.package, reported.version, reported.advisory.ids, reported.advisory.summary


def reason(result: ScannerResult) -> str:
    assert isinstance(result, ScannerUnavailable), result
    return result.reason


def test_uv_audits_all_groups_of_the_lock_whatever_the_users_variables_exclude(
    folder: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_NO_DEV", "1")
    loopback.records = {each["id"]: each for each in (OIL, record("PYSEC-2", "wick", versions=["1"]))}
    result = run_uv_audit(folder, loopback.address)
    assert rows(result) == [
        ("oil", "1", ("PYSEC-1", "CVE-1"), "Fire."),
        ("wick", "1", ("PYSEC-2",), "wick can be made to do harm."),
    ]
    assert isinstance(result, ScannerReport)
    assert [str(fix) for each in result.vulnerabilities for fix in each.advisory.fixed_versions()] == ["2"]


def test_a_uv_audit_without_vulnerabilities_is_an_empty_report(folder: Path, loopback: Loopback) -> None:
    assert run_uv_audit(folder, loopback.address) == ScannerReport(tool=UV_AUDIT)


def test_a_lock_that_uv_cant_read_makes_uv_audit_unavailable(folder: Path, loopback: Loopback) -> None:
    (folder / "uv.lock").write_text("version = 1\n[[package]]\n")
    assert reason(run_uv_audit(folder, loopback.address)).startswith("uv.lock")


def test_an_unreachable_service_makes_uv_audit_unavailable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    assert reason(run_uv_audit(folder, "http://127.0.0.1:1")).startswith("uv audit --frozen failed: error: ")


def test_a_slow_uv_audit_is_unavailable(folder: Path, loopback: Loopback) -> None:
    assert reason(run_uv_audit(folder, loopback.address, timeout=0)) == (
        "uv audit --frozen: no answer within 0 seconds"
    )


def test_the_status_of_a_project_is_reported(folder: Path, loopback: Loopback) -> None:
    """The index is that of the lock."""
    for name, status in (("oil", {"status": "quarantined", "reason": "bad"}), ("wick", {"status": "active"})):
        page = {"meta": {"api-version": "1.4"}, "name": name, "files": [], "versions": [], "project-status": status}
        content = json.dumps(page).encode()
        loopback.page(f"/simple/{name}/", content, Content_Type="application/vnd.pypi.simple.v1+json")
    lock_file = folder / "uv.lock"
    lock_file.write_text(lock_file.read_text().replace("https://pypi.org", loopback.address))
    assert run_uv_audit(folder, loopback.address) == ScannerReport(
        tool=UV_AUDIT, statuses=(ReportedStatus(package="oil", status="quarantined", reason="bad"),)
    )


ANSWER = """{"schema": {"version": "preview"}, "summary": {"audited_packages": 1, "vulnerabilities": 0, "adverse_statuses": 0},
"vulnerabilities": [], "adverse_statuses": []}"""


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ("{", '{"malware": [{"name": "oil"}], ', ["unknown field 'malware'"]),
        ("{", '{"malware": [], ', []),
        ('"vulnerabilities": 0', '"vulnerabilities": 0, "malware": 1', ["unknown field 'malware'"]),
        ('"vulnerabilities": 0', '"vulnerabilities": 2', ["2 findings are counted, but 0 are listed"]),
        ('"adverse_statuses": []', '"adverse_statuses": 7', ["unknown output format: "]),
        (ANSWER, "", ["unknown output format: "]),
        (ANSWER, '{"vulnerabilities": []}', ["unknown output format: "]),
    ],
)
def test_what_is_unknown_in_the_output_is_not_understood(old: str, new: str, reasons: list[str]) -> None:
    report = parse_output(UV_AUDIT, lambda: parse_uv_audit(ANSWER.replace(old, new, 1)))
    assert [each[: len(reason)] for each, reason in zip(report.not_understood, reasons, strict=True)] == reasons


def test_an_unknown_field_of_a_vulnerability_is_not_lost_with_it() -> None:
    row = '{"dependency": {"name": "oil", "version": "1"}, "id": "A-1", "grade": "new"}'
    text = ANSWER.replace('"vulnerabilities": 0', '"vulnerabilities": 1').replace('ties": []', f'ties": [{row}]')
    report = parse_uv_audit(text)
    assert ([each.advisory.id for each in report.vulnerabilities], report.not_understood) == (["A-1"], ())

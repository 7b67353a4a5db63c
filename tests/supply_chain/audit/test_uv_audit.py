"""`uv audit` with an OSV API on loopback."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from evenfall.supply_chain.audit.scanner_result import (
    UV_AUDIT,
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
    assert run_uv_audit(folder, loopback.address) == ScannerReport(tool=UV_AUDIT, vulnerabilities=())


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


def test_another_output_format_makes_a_scanner_unavailable() -> None:
    with pytest.raises(msgspec.MsgspecError):
        parse_uv_audit('{"found": []}')
    assert reason(parse_output("x", lambda: parse_uv_audit('{"found": []}'))).startswith("unknown output format: ")

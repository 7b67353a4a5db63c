"""`run_audit` on a project with a source of advisories on loopback."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.audit.audit import AuditRequest, run_audit
from evenfall.supply_chain.audit.report import summary, text
from evenfall.supply_chain.audit.rules import AuditReport
from evenfall.supply_chain.audit.scanner_result import SAFETY_CHECK, UV_AUDIT, ScannerUnavailable
from tests.supply_chain.locks import lock, package, root, script_lock
from tests.supply_chain.osv import Loopback, record, serving, write_zip, zipped

OIL = record("PYSEC-1", "oil", events=[{"introduced": "0"}, {"fixed": "2"}], aliases=["CVE-1"])
GLASS = record("PYSEC-2", "glass", versions=["1"], aliases=["CVE-2"])
pytestmark = pytest.mark.integration

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "lantern"
version = "1"

[tool.evenfall.audit]
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a user cache of the test's own, on every system, and no proxy."""
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def lamp(tmp_path: Path, loopback: Loopback) -> Path:
    """A project without a build system that needs a vulnerable package."""
    folder = tmp_path / "lamp"
    folder.mkdir()
    address = loopback.page("/all.zip", zipped([OIL, GLASS]))
    settings = f'database = "{address}"\nosv-api = "{loopback.address}"\n'
    (folder / "pyproject.toml").write_text(PYPROJECT + settings, encoding="utf-8")
    write_lock(folder, root(["oil"]), package("oil"), package("wick"))
    return folder


def write_lock(folder: Path, *packages: str) -> None:
    (folder / "uv.lock").write_text(lock(*packages), encoding="utf-8")


def audit(folder: Path, **options: Any) -> AuditReport:
    return run_audit(AuditRequest(folder=folder, **{"network": False, **options}))


def test_advisories_are_downloaded_once_and_then_used_offline(
    lamp: Path, loopback: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    first = audit(lamp)
    loopback.pages.clear()
    second = audit(lamp)
    assert [vulnerability.id for vulnerability in (*first.vulnerabilities, *second.vulnerabilities)] == ["CVE-1"] * 2
    assert second.exit_code == Exit.FINDINGS
    assert loopback.asked == ["/all.zip"]
    assert capsys.readouterr().err == f"advisories: reading {loopback.address}/all.zip\n"


def test_a_failed_update_is_an_error_and_keeps_the_old_index(lamp: Path, loopback: Loopback) -> None:
    audit(lamp)
    loopback.page("/all.zip", zipped([OIL])[:-9])
    with pytest.raises(EvenfallError) as caught:
        audit(lamp, update=True)
    assert caught.value.exit_code == Exit.UNKNOWN
    assert audit(lamp).exit_code == Exit.FINDINGS
    loopback.page("/all.zip", zipped([GLASS]))
    assert audit(lamp, update=True).exit_code == Exit.FINE


def test_an_audit_without_network_and_index_is_an_error_with_the_next_command(lamp: Path) -> None:
    with serving() as closed:
        address = closed.address
    with pytest.raises(EvenfallError, match=f"advisories: {address}/all.zip: ConnectError: ") as caught:
        audit(lamp, database=f"{address}/all.zip")
    assert caught.value.exit_code == Exit.UNKNOWN
    assert caught.value.hint.startswith("evenfall audit --update")


def test_old_advisories_are_inconclusive_and_still_reported(lamp: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "all.zip", OIL)
    os.utime(path, (0, 0))
    report = audit(lamp, database=os.fspath(path), json_file=tmp_path / "audit.json")
    assert [each.id for each in report.vulnerabilities] == ["CVE-1"]
    assert report.exit_code == Exit.FINDINGS
    written = json.loads((tmp_path / "audit.json").read_text())
    assert (written["exit_code"], written["inconclusive"]) == (1, report.inconclusive)


def test_a_current_download_without_current_records_is_inconclusive(lamp: Path, loopback: Loopback) -> None:
    loopback.page("/all.zip", zipped([{**GLASS, "modified": "2024-10-10T00:00:00Z"}]))
    assert "on 2024-10-10" in audit(lamp).inconclusive


def test_the_sarif_file_has_each_finding_at_its_line_of_the_lock(lamp: Path, tmp_path: Path) -> None:
    audit(lamp, sarif_file=tmp_path / "audit.sarif")
    (run,) = json.loads((tmp_path / "audit.sarif").read_text())["runs"]
    (location,) = run["results"][0]["locations"]
    line = location["physicalLocation"]["region"]["startLine"]
    assert (lamp / "uv.lock").read_text().splitlines()[line - 1 : line + 1] == ["[[package]]", 'name = "oil"']


def test_an_audit_can_be_limited_to_one_scope(lamp: Path) -> None:
    write_lock(lamp, root([], ["oil"]), package("oil"))
    assert audit(lamp, only="runtime").exit_code == Exit.FINE
    assert audit(lamp, only="dev").exit_code == Exit.FINDINGS


def test_the_tools_of_the_noxfile_are_a_scope_of_their_own(lamp: Path, tmp_path: Path) -> None:
    script_lock(lamp, ["nox"], package("nox", needs=["glass", "oil"]), package("glass"), package("oil"))
    files = {"json_file": tmp_path / "audit.json", "sarif_file": tmp_path / "audit.sarif"}
    report = audit(lamp, **files)
    assert [(each.package.name, each.package.required.scope) for each in report.vulnerabilities] == [
        ("oil", "runtime"),
        ("glass", "tools"),
        ("oil", "tools"),
    ]
    assert report.vulnerabilities[-1].fix == 'uv lock --script noxfile.py --upgrade-package "oil>=2"'
    rows = json.loads(files["json_file"].read_text())["vulnerabilities"]
    assert [row["lock"] for row in rows] == ["uv.lock", "noxfile.py.lock", "noxfile.py.lock"]
    (run,) = json.loads(files["sarif_file"].read_text())["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    line = places[-1]["region"]["startLine"]
    assert places[-1]["artifactLocation"]["uri"] == "noxfile.py.lock"
    assert (lamp / "noxfile.py.lock").read_text().splitlines()[line] == 'name = "oil"'
    assert f"locked at: noxfile.py.lock:{line}\n" in text(report, verbose=True)
    assert summary(report).startswith("3 known vulnerabilities (3 unknown) in 3 of 5 packages; ")
    assert [each.package.lock for each in audit(lamp, only="tools").vulnerabilities] == ["noxfile.py.lock"] * 2
    assert [each.package.lock for each in audit(lamp, only="runtime").vulnerabilities] == ["uv.lock"]


def test_an_audit_of_the_tools_needs_their_lock(lamp: Path) -> None:
    with pytest.raises(EvenfallError, match=r"noxfile\.py\.lock is not there, because .* has no noxfile\.py") as caught:
        audit(lamp, only="tools")
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "evenfall audit")
    (lamp / "noxfile.py").touch()
    with pytest.raises(EvenfallError, match=r"noxfile\.py\.lock: not found") as caught:
        audit(lamp, only="tools")
    assert caught.value.hint == "uv lock --script noxfile.py"


@pytest.mark.integration
def test_other_scanners_join_the_report(
    lamp: Path, loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`uv audit` reaches loopback; Safety has no key and no database."""
    monkeypatch.delenv("SAFETY_API_KEY", raising=False)
    monkeypatch.setenv("SAFETY_DB_DIR", str(tmp_path / "none"))
    write_lock(lamp, root(["oil", "wick"]), package("oil"), package("wick"))
    loopback.records = {"PYSEC-1": OIL, "PYSEC-9": record("PYSEC-9", "wick", versions=["1"])}
    report = audit(lamp, all_scanners=True)
    assert {each.id: each.reported_by for each in report.vulnerabilities} == {
        "CVE-1": ("osv", UV_AUDIT),
        "PYSEC-9": (UV_AUDIT,),
    }
    assert [each.tool for each in report.inputs.scanners if isinstance(each, ScannerUnavailable)] == [SAFETY_CHECK]

    script_lock(lamp, ["wick"], package("wick"))
    (lamp / "noxfile.py").write_text('# /// script\n# dependencies = ["wick"]\n# ///\n')
    report = audit(lamp, all_scanners=True, only="tools")
    assert [(each.id, each.package.lock) for each in report.vulnerabilities] == [("PYSEC-9", "noxfile.py.lock")]
    assert [each.tool for each in report.inputs.scanners] == [UV_AUDIT, f"{UV_AUDIT} --script noxfile.py", SAFETY_CHECK]


def test_the_index_is_asked_for_the_status_of_each_package_and_the_answer_remembered(
    lamp: Path, loopback: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    source = f'source = {{ registry = "{loopback.address}/simple" }}'
    write_lock(lamp, root(["glass", "wick"]), package("glass", source=source), package("wick", "2", source=source))
    json_type = "application/vnd.pypi.simple.v1+json"
    page = {"meta": {"api-version": "1.4"}, "name": "glass", "files": [], "versions": ["1"]}
    status = {"project-status": {"status": "quarantined", "reason": "bad"}}
    loopback.page("/simple/glass/", json.dumps({**page, **status}).encode(), Content_Type=json_type)
    report = audit(lamp, network=True)
    assert [finding.code for finding in report.findings] == ["CVE-2", "quarantined"]
    assert report.inputs.unknown_statuses.startswith("the status on the index of wick is unknown: ")
    assert report.inputs.unknown_statuses in text(report, verbose=False)
    loopback.pages = {"/all.zip": loopback.pages["/all.zip"]}
    assert [finding.code for finding in audit(lamp).findings] == ["CVE-2", "quarantined"]


def test_an_invalid_database_is_wrong_configuration(lamp: Path) -> None:
    (lamp / "pyproject.toml").write_text(f'{PYPROJECT}database = "ftp://example.org/all.zip"\n')
    with pytest.raises(EvenfallError, match="database: ftp://") as caught:
        audit(lamp)
    assert caught.value.exit_code == Exit.USAGE


def test_a_project_without_a_lock_is_wrong_usage(lamp: Path) -> None:
    (lamp / "uv.lock").unlink()
    with pytest.raises(EvenfallError) as caught:
        audit(lamp)
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "uv lock")

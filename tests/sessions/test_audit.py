"""The session `audit` in a real project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sample_project import SampleProject
from tests.supply_chain.osv import record, write_zip

pytestmark = pytest.mark.integration

PLUGGY = record("PYSEC-1", "pluggy", events=[{"introduced": "0"}])
GLASS = record("PYSEC-2", "glass", versions=["1"])
OFFLINE = {"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1", "UV_HTTP_RETRIES": "0"}


@pytest.fixture
def audited(project: SampleProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """A project whose advisories are in a local file, with a user cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    text = project.read("pyproject.toml")
    project.write("pyproject.toml", f'{text}\n[tool.evenfall.audit]\ndatabase = "../all.zip"\n')
    return project


def test_the_session_passes_without_vulnerabilities_and_writes_its_reports(
    audited: SampleProject, tmp_path: Path
) -> None:
    write_zip(tmp_path / "all.zip", GLASS)
    audited.write("audit-report/old.json", "{}")
    done = audited.nox("-s", "audit", env=OFFLINE)
    assert done.returncode == 0, done.stdout
    assert "no known vulnerability in " in done.stdout
    assert sorted(path.name for path in (audited.root / "audit-report").iterdir()) == ["audit.json", "audit.sarif"]
    scanners = json.loads(audited.read("audit-report/audit.json"))["scanners"]
    tools = ("uv audit", "uv audit --script noxfile.py", "safety check")
    assert [(each["tool"], each["available"]) for each in scanners] == [(tool, False) for tool in tools]
    assert all(f"not available: {each['tool']}: {each['reason']}" in done.stdout for each in scanners)


def test_a_vulnerability_fails_the_session_after_the_reports_are_written(
    audited: SampleProject, tmp_path: Path
) -> None:
    write_zip(tmp_path / "all.zip", PLUGGY)
    done = audited.nox("-s", "audit", "--", "--only", "dev", env=OFFLINE)
    assert done.returncode == 1
    assert "required by: lantern (group test) > pytest > pluggy (dev)" in done.stdout
    assert json.loads(audited.read("audit-report/audit.json"))["exit_code"] == 1


def test_without_advisories_the_session_is_inconclusive_and_leaves_no_old_report(audited: SampleProject) -> None:
    audited.write("audit-report/audit.json", "{}")
    done = audited.nox("-s", "audit", env=OFFLINE)
    assert done.returncode == 1
    assert "inconclusive: evenfall audit" in done.stdout
    assert not (audited.root / "audit-report").exists()


def test_the_security_workflow_keeps_the_reports_and_passes_the_key_of_safety(audited: SampleProject) -> None:
    workflow = audited.read(".github/workflows/security.yml")
    assert "path: audit-report/" in workflow
    assert "SAFETY_API_KEY: ${{ secrets.SAFETY_API_KEY }}" in workflow

"""`evenfall audit` as a process; `tests/supply_chain/audit/test_audit.py` tests the audit itself."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.sample_project import SampleProject
from tests.supply_chain.audit.test_audit import OIL, PYPROJECT
from tests.supply_chain.locks import lock, package, root
from tests.supply_chain.osv import write_zip

pytestmark = pytest.mark.integration


@pytest.fixture
def lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """A project with one vulnerable package, whose advisories are in a local file."""
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    write_zip(tmp_path / "all.zip", OIL)
    made = SampleProject(tmp_path / "lamp")
    made.write("pyproject.toml", f'{PYPROJECT}database = "../all.zip"\n')
    made.write("uv.lock", lock(root(["oil"]), package("oil"), package("wick")))
    return made


def test_vulnerabilities_are_printed_and_fail(lamp: SampleProject) -> None:
    done = lamp.command("audit", "--offline")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("oil 1  CVE-1  unknown\n  also known as: PYSEC-1\n")
    assert done.stdout.splitlines()[-1].startswith("1 known vulnerability (1 unknown) in 1 of 2 packages; 1 advisory, ")
    assert done.stderr == f"advisories: reading {lamp.root.parent / 'all.zip'}\n"


def test_the_report_is_printed_and_written_as_json_and_added_to_the_jobs_summary(
    lamp: SampleProject, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    done = lamp.command(
        "audit", "--offline", "--json", "--report=out/a.json", env={"GITHUB_STEP_SUMMARY": str(summary)}
    )
    assert done.returncode == 1
    assert json.loads(done.stdout) == json.loads(lamp.read("out/a.json"))
    assert summary.read_text().startswith("## evenfall audit\n\n| package |")


def test_old_advisories_exit_with_3_after_the_report(lamp: SampleProject, tmp_path: Path) -> None:
    os.utime(tmp_path / "all.zip", (0, 0))
    done = lamp.command("audit", "--offline")
    assert done.returncode == 3
    assert done.stdout.startswith("oil 1  CVE-1")
    assert "(max-age-days)\n  next: get a newer export, or raise max-age-days" in done.stderr


def test_a_broken_lock_or_policy_exits_with_2_and_names_the_location(lamp: SampleProject) -> None:
    lamp.write("uv.lock", lock(package("oil", "one"), root()))
    done = lamp.command("audit", "--offline")
    assert (done.returncode, done.stdout) == (2, "")
    assert "evenfall: uv.lock:5: " in done.stderr
    lamp.write("pyproject.toml", f'{PYPROJECT}fail_on = "low"\n')
    done = lamp.command("audit", "--offline")
    assert (done.returncode, done.stdout) == (2, "")
    assert "tool.evenfall.audit: unknown key 'fail_on'" in done.stderr

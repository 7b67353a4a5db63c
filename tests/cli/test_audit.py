"""`evenfall audit` as a process, with a source of advisories on loopback."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.made_project import Made, on_one_python
from tests.supply_chain.locks import lock, package, root
from tests.supply_chain.osv import Loopback, record, serving, zipped

pytestmark = on_one_python

OIL = record("PYSEC-1", "oil", events=[{"introduced": "0"}, {"fixed": "2"}], aliases=["CVE-1"])
GLASS = record("PYSEC-2", "glass", versions=["1"])
PYPROJECT = '[project]\nname = "lantern"\nversion = "1"\n\n[tool.evenfall.audit]\n'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user cache of the test's own, on every system."""
    folder = tmp_path / "cache"
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def lamp(tmp_path: Path, loopback: Loopback) -> Made:
    """A project without a build system, whose advisories are on loopback."""
    made = Made(tmp_path / "lamp")
    address = loopback.page("/all.zip", zipped([OIL, GLASS]))
    made.write("pyproject.toml", f'{PYPROJECT}database = "{address}"\nosv-api = "{loopback.address}"\n')
    made.write("uv.lock", lock(root(["oil"]), package("oil"), package("wick")))
    return made


def test_a_vulnerability_is_printed_and_fails(lamp: Made) -> None:
    done = lamp.evenfall("audit")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("oil 1  CVE-1  unknown\n  also known as: PYSEC-1\n")
    assert done.stdout.splitlines()[-1].startswith("1 known vulnerability (1 unknown) in 1 of 2 packages; 2 advisories")
    assert done.stderr.startswith("advisories: reading http://127.0.0.1:")


def test_a_lock_without_vulnerabilities_passes(lamp: Made) -> None:
    lamp.replace("uv.lock", 'name = "oil"\nversion = "1"', 'name = "oil"\nversion = "2"')
    done = lamp.evenfall("audit")
    assert (done.returncode, done.stdout.splitlines()[-1].partition(";")[0]) == (
        0,
        "no known vulnerability in 2 packages",
    )


def test_advisories_are_downloaded_once_and_then_used_offline(lamp: Made, loopback: Loopback) -> None:
    first = lamp.evenfall("audit")
    loopback.pages.clear()
    second = lamp.evenfall("audit")
    assert (second.returncode, second.stdout, second.stderr) == (1, first.stdout, "")
    assert loopback.asked == ["/all.zip"]


def test_a_failed_update_is_inconclusive_and_keeps_the_old_index(lamp: Made, loopback: Loopback) -> None:
    lamp.evenfall("audit")
    loopback.page("/all.zip", zipped([OIL])[:-9])
    done = lamp.evenfall("audit", "--update")
    assert (done.returncode, done.stdout) == (3, "")
    assert lamp.evenfall("audit").returncode == 1
    loopback.page("/all.zip", zipped([GLASS]))
    assert lamp.evenfall("audit", "--update").returncode == 0


def test_an_audit_without_network_and_index_is_inconclusive(lamp: Made) -> None:
    with serving() as closed:
        address = closed.address
    done = lamp.evenfall("audit", "--database", f"{address}/all.zip")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"evenfall: advisories: {address}/all.zip: ConnectError: " in done.stderr
    assert "\n  next: evenfall audit --update" in done.stderr


def test_stale_advisories_are_inconclusive_after_the_vulnerabilities_are_printed(lamp: Made, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped([OIL]))
    os.utime(path, (0, 0))
    done = lamp.evenfall("audit", "--database", str(path), "--report", "audit.json")
    assert done.returncode == 3
    assert done.stdout.startswith("oil 1  CVE-1")
    assert "(max-age-days)\n  next: evenfall audit --update" in done.stderr
    report = json.loads(lamp.read("audit.json"))
    assert report["exit_code"] == 3
    assert "(max-age-days)" in report["inconclusive"]


def test_a_current_download_without_current_records_is_inconclusive(lamp: Made, loopback: Loopback) -> None:
    loopback.page("/all.zip", zipped([{**GLASS, "modified": "2024-10-10T00:00:00Z"}]))
    done = lamp.evenfall("audit")
    assert done.returncode == 3
    assert "on 2024-10-10" in done.stderr


def test_the_report_is_also_written_as_json_sarif_and_job_summary(lamp: Made, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    done = lamp.evenfall(
        "audit", "--json", "--report=out/a.json", "--sarif=out/a.sarif", env={"GITHUB_STEP_SUMMARY": str(summary)}
    )
    assert done.returncode == 1
    assert json.loads(done.stdout) == json.loads(lamp.read("out/a.json"))
    (run,) = json.loads(lamp.read("out/a.sarif"))["runs"]
    (location,) = run["results"][0]["locations"]
    line = location["physicalLocation"]["region"]["startLine"]
    assert lamp.read("uv.lock").splitlines()[line - 1 : line + 1] == ["[[package]]", 'name = "oil"']
    assert summary.read_text().startswith("## evenfall audit\n\n| package |")


def test_a_report_that_cant_be_written_is_wrong_usage(lamp: Made) -> None:
    lamp.write("out", "a file")
    assert lamp.evenfall("audit", "--report", "out/a.json").returncode == 2


def test_only_limits_the_audit_to_one_scope(lamp: Made) -> None:
    lamp.write("uv.lock", lock(root([], ["oil"]), package("oil")))
    assert lamp.evenfall("audit", "--only", "runtime").returncode == 0
    assert lamp.evenfall("audit", "--only", "dev").returncode == 1


@pytest.mark.integration
def test_other_scanners_join_the_report_and_unavailable_ones_are_named_in_it(lamp: Made, loopback: Loopback) -> None:
    lamp.write("uv.lock", lock(root(["oil", "wick"]), package("oil"), package("wick")))
    loopback.records = {"PYSEC-1": OIL, "PYSEC-9": record("PYSEC-9", "wick", versions=["1"])}
    done = lamp.evenfall("audit", "--all-scanners", env=without_safetys_server())
    assert done.returncode == 1
    assert "reported by: osv, uv audit" in done.stdout
    assert "wick 1  PYSEC-9  unknown" in done.stdout
    assert "not available: safety scan: exit code " in done.stdout


def without_safetys_server() -> Mapping[str, str]:
    """Return variables that give Safety a key and no network, and uv access to loopback."""
    closed = "http://127.0.0.1:1"
    return {
        "SAFETY_API_KEY": "x",
        "HTTPS_PROXY": closed,
        "https_proxy": closed,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "UV_HTTP_RETRIES": "0",
    }


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ('ignore = [{ id = "CVE-1" }]', "tool.evenfall.audit.ignore[0]: Object missing required field `reason`"),
        ('ignore = [{ id = "CVE-1", till = 1 }]', "tool.evenfall.audit.ignore[0]: unknown key 'till'"),
        ('fail-on = "medium"', "tool.evenfall.audit.fail-on: Invalid enum value 'medium'"),
        ('fail_on = "low"', "tool.evenfall.audit: unknown key 'fail_on'; did you mean 'fail-on'?"),
        ('database = "ftp://example.org/all.zip"', "database: ftp://"),
    ],
)
def test_a_wrong_policy_is_refused_with_the_key(lamp: Made, policy: str, message: str) -> None:
    lamp.write("pyproject.toml", f"{PYPROJECT}{policy}\n")
    done = lamp.evenfall("audit")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("version = 9\n", "uv.lock: version: "),
        ("version = 1\n[[package\n", "uv.lock: "),
        ("version = 1\n[[package]]\n", "uv.lock: package[0]: "),
        (lock(package("oil", "one"), root()), "uv.lock:5: "),
        (lock(package("$(oil)"), root()), "uv.lock:5: "),
    ],
)
def test_a_broken_lock_is_refused_with_the_location(lamp: Made, text: str, location: str) -> None:
    lamp.write("uv.lock", text)
    done = lamp.evenfall("audit")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"evenfall: {location}" in done.stderr


def test_a_project_without_settings_or_lock_is_refused(tmp_path: Path) -> None:
    made = Made(tmp_path / "bare")
    made.write("pyproject.toml", "tool = 3\n")
    assert "pyproject.toml: tool.evenfall: Expected `object`, got `int`" in made.evenfall("audit").stderr
    made.write("pyproject.toml", "[tool.uv]\n")
    done = made.evenfall("audit")
    assert done.returncode == 2
    assert "next: uv lock" in done.stderr

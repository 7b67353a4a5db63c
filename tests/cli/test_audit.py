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
ELSE = record("PYSEC-2", "glass", versions=["1"])
PYPROJECT = '[project]\nname = "lantern"\nversion = "1"\n\n[tool.evenfall.audit]\n'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of a user's own, on every system."""
    folder = tmp_path / "cache"
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def lamp(tmp_path: Path, loopback: Loopback) -> Made:
    """A project that needs no build system, whose database lies on loopback."""
    made = Made(tmp_path / "lamp")
    address = loopback.page("/all.zip", zipped([OIL, ELSE]))
    made.write("pyproject.toml", f'{PYPROJECT}database = "{address}"\nosv-api = "{loopback.address}"\n')
    made.write("uv.lock", lock(root(["oil"]), package("oil"), package("wick")))
    return made


def test_a_vulnerability_is_told_with_all_that_one_needs_to_be_rid_of_it(lamp: Made) -> None:
    done = lamp.evenfall("audit")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(
        "oil 1  CVE-1  unknown\n  also:  PYSEC-1\n  oil can be made to do harm.\n"
        "  required by: lantern > oil (runtime)\n  at:    uv.lock:13\n  fixed: 2\n  next: uv lock --upgrade-package oil\n"
    )
    assert "\n1 known vulnerability (1 unknown) in 1 of 2 packages; 2 advisories, taken on " in done.stdout
    assert done.stderr.startswith("advisories: taking http://127.0.0.1:")


def test_a_sound_project_has_nothing_to_fear(lamp: Made) -> None:
    lamp.replace("uv.lock", 'name = "oil"\nversion = "1"', 'name = "oil"\nversion = "2"')
    done = lamp.evenfall("audit")
    assert (done.returncode, done.stdout.splitlines()[-1].partition(";")[0]) == (
        0,
        "no known vulnerability in 2 packages",
    )


def test_advisories_are_taken_once_and_then_at_hand_without_a_network(lamp: Made, loopback: Loopback) -> None:
    first = lamp.evenfall("audit")
    loopback.pages.clear()
    second = lamp.evenfall("audit")
    assert (second.returncode, second.stdout, second.stderr) == (1, first.stdout, "")
    assert loopback.asked == ["/all.zip"]


def test_an_update_that_fails_is_no_good_news_and_loses_nothing(lamp: Made, loopback: Loopback) -> None:
    lamp.evenfall("audit")
    loopback.page("/all.zip", zipped([OIL])[:-9])
    done = lamp.evenfall("audit", "--update")
    assert (done.returncode, done.stdout) == (3, "")
    assert "it is no whole zip" in done.stderr
    assert lamp.evenfall("audit").returncode == 1
    loopback.page("/all.zip", zipped([ELSE]))
    assert lamp.evenfall("audit", "--update").returncode == 0


def test_without_network_and_data_nobody_knows(lamp: Made) -> None:
    with serving() as closed:
        address = closed.address
    done = lamp.evenfall("audit", "--database", f"{address}/all.zip")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"evenfall: advisories: {address}/all.zip: ConnectError: " in done.stderr
    assert "\n  next: evenfall audit --update, where the network is there; or --database PATH" in done.stderr


def test_advisories_that_are_too_old_are_said_after_what_they_know(lamp: Made, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped([OIL]))
    os.utime(path, (0, 0))
    done = lamp.evenfall("audit", "--database", str(path), "--report", "audit.json")
    assert done.returncode == 3
    assert done.stdout.startswith("oil 1  CVE-1")
    assert "at most 7 days are allowed (max-age-days)\n  next: evenfall audit --update" in done.stderr
    report = json.loads(lamp.read("audit.json"))
    assert report["exit_code"] == 3
    assert "at most 7 days" in report["inconclusive"]


def test_a_copy_that_is_new_but_holds_nothing_new_is_no_good_news(lamp: Made, loopback: Loopback) -> None:
    loopback.page("/all.zip", zipped([{**ELSE, "modified": "2024-10-10T00:00:00Z"}]))
    done = lamp.evenfall("audit")
    assert done.returncode == 3
    assert (
        " days old, of 2024-10-10: whoever keeps this copy may have stopped; at most 7 days are allowed" in done.stderr
    )


def test_programs_github_and_the_security_tab_get_the_report_too(lamp: Made, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    done = lamp.evenfall(
        "audit", "--json", "--report=out/a.json", "--sarif=out/a.sarif", env={"GITHUB_STEP_SUMMARY": str(summary)}
    )
    assert done.returncode == 1
    assert json.loads(done.stdout) == json.loads(lamp.read("out/a.json"))
    (run,) = json.loads(lamp.read("out/a.sarif"))["runs"]
    (place,) = run["results"][0]["locations"]
    line = place["physicalLocation"]["region"]["startLine"]
    assert lamp.read("uv.lock").splitlines()[line - 1 : line + 1] == ["[[package]]", 'name = "oil"']
    assert summary.read_text().startswith("## evenfall audit\n\n| package |")


def test_a_report_that_cant_be_written_is_said(lamp: Made) -> None:
    lamp.write("out", "a file")
    done = lamp.evenfall("audit", "--report", "out/a.json")
    assert done.returncode == 2
    assert "evenfall: out/a.json: can't be written: " in done.stderr


def test_only_a_part_can_be_audited(lamp: Made) -> None:
    lamp.write("uv.lock", lock(root([], ["oil"]), package("oil")))
    assert lamp.evenfall("audit", "--only", "runtime").returncode == 0
    assert lamp.evenfall("audit", "--only", "dev").returncode == 1


def test_second_opinions_join_and_who_cant_be_heard_is_named(lamp: Made, loopback: Loopback) -> None:
    lamp.write("uv.lock", lock(root(["oil", "wick"]), package("oil"), package("wick")))
    loopback.records = {"PYSEC-1": OIL, "PYSEC-9": record("PYSEC-9", "wick", versions=["1"])}
    done = lamp.evenfall("audit", "--second-opinions", env=closed_safety())
    assert done.returncode == 1
    assert "by:    osv, uv audit" in done.stdout
    assert "wick 1  PYSEC-9  unknown" in done.stdout
    assert "second opinion missing: safety: it ended with " in done.stderr


def closed_safety() -> Mapping[str, str]:
    """Safety with a key and no network, and uv with its way to loopback."""
    dead = "http://127.0.0.1:1"
    return {
        "SAFETY_API_KEY": "x",
        "HTTPS_PROXY": dead,
        "https_proxy": dead,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "UV_HTTP_RETRIES": "0",
    }


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ('ignore = [{ id = "CVE-1" }]', "tool.evenfall.audit.ignore[0]: Object missing required field `reason`"),
        (
            'ignore = [{ id = "CVE-1", till = 1 }]',
            "tool.evenfall.audit.ignore[0]: unknown key 'till'; expected one of: id, reason",
        ),
        ('fail-on = "medium"', "tool.evenfall.audit.fail-on: Invalid enum value 'medium'"),
        ('fail_on = "low"', "tool.evenfall.audit: unknown key 'fail_on'; did you mean 'fail-on'?"),
        ('database = "ftp://example.org/all.zip"', "database: ftp://… is no address of http or https, and no path"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_with_the_key(lamp: Made, policy: str, message: str) -> None:
    lamp.write("pyproject.toml", f"{PYPROJECT}{policy}\n")
    done = lamp.evenfall("audit")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = 9\n", "uv.lock: version: its format is 9"),
        ("version = 1\n[[package\n", "uv.lock: not TOML"),
        ("version = 1\n[[package]]\n", "uv.lock: package[0]: Object missing required field `name`"),
        (lock(package("oil", "one"), root()), "uv.lock:5: 'one' of oil is no version (PEP 440)"),
        (lock(package("$(oil)"), root()), "uv.lock:5: '$(oil)' is no name (PEP 508)"),
    ],
)
def test_a_lock_that_uv_did_not_write_is_refused_with_its_place(lamp: Made, text: str, message: str) -> None:
    lamp.write("uv.lock", text)
    done = lamp.evenfall("audit")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_project_without_a_table_and_without_a_lock_is_told_so(tmp_path: Path) -> None:
    made = Made(tmp_path / "bare")
    made.write("pyproject.toml", "tool = 3\n")
    assert "pyproject.toml: tool.evenfall: Expected `object`, got `int`" in made.evenfall("audit").stderr
    made.write("pyproject.toml", "[tool.uv]\n")
    done = made.evenfall("audit")
    assert done.returncode == 2
    assert "uv.lock: not found" in done.stderr
    assert "next: uv lock" in done.stderr


def test_osvs_own_export_is_the_default() -> None:
    from evenfall.project.settings import AuditPolicy

    assert AuditPolicy().database == "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"

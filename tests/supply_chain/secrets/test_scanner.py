from __future__ import annotations

import json
import os
import stat
import sys
import sysconfig
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.supply_chain.secrets.scanner import find_scanner, scan
from tests.supply_chain.fake import fake

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the broken scanner is a shell script")
COMPLETE = '{"scan": {"state": "complete", "num_findings": 0}}'
WITHOUT_DIGEST = json.dumps(
    {
        "finding": {
            "rule_id": "jwt",
            "description": "A token.",
            "match": {"value": "x"},
            "attributes": {"git.sha": "c1", "git.date": "2026-11-25"},
            "location": {"path": "a.py", "start_line": 1},
        }
    }
)


def fake_scanner(folder: Path, script: str) -> str:
    file = folder / "scanner"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return os.fspath(file)


@POSIX
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 2", "betterleaks: it exited with 2 before it had read"),
        ("true", "betterleaks: it exited with 0 before it had read"),
        (f"echo '{COMPLETE}'; exit 1", "betterleaks: it exited with 1 before it had read"),
        (f"echo '{COMPLETE}'; kill -9 $$", "betterleaks: it exited with -9 before it had read"),
        (f"echo '{COMPLETE}' | sed s/complete/incomplete/", "betterleaks: it exited with 0 before it had read"),
        (f"echo '{COMPLETE}' | sed s/0/1/", "betterleaks: it exited with 0 before it had read"),
        ("""echo '{"scan": {"state": "complete"}}'""", "betterleaks: its report has an unknown format"),
        (f"""echo '{{"not_read": "$SECRET"}}'; echo '{COMPLETE}'""", "betterleaks: its report has an unknown format"),
        ('echo \'{"finding": {"rule_id": "$SECRET"}}\'', "betterleaks: its report has an unknown format"),
        (f"echo '{WITHOUT_DIGEST}'; echo '{COMPLETE}' | sed s/0/1/", "betterleaks: its report has an unknown format"),
        ("echo panic: $SECRET", "betterleaks: its report has an unknown format"),
        (r"printf '\377\n'", "betterleaks: its report has an unknown format"),
    ],
)
def test_a_scan_that_does_not_complete_is_inconclusive_and_prints_no_output_of_the_scanner(
    tmp_path: Path, script: str, message: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", fake("github"))
    with pytest.raises(EvenfallError) as caught:
        scan(fake_scanner(tmp_path, f"echo $SECRET >&2\n{script}"), tmp_path, ("HEAD",))
    assert caught.value.exit_code == 3
    assert str(caught.value).startswith(message)
    assert fake("github") not in str(caught.value) + str(caught.value.__cause__) + "".join(capfd.readouterr())


def test_a_scanner_that_cant_be_started_is_inconclusive(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"^betterleaks: it can't be started: ") as caught:
        scan(os.fspath(tmp_path / "none"), tmp_path, ("HEAD",))
    assert caught.value.exit_code == 3


@pytest.mark.integration
def test_the_scanner_is_the_one_of_this_environment(tmp_path: Path) -> None:
    folder = sysconfig.get_path("scripts")
    assert Path(find_scanner(folder, tmp_path, (3, 11))).parent == Path(folder)


def test_a_missing_scanner_is_inconclusive(tmp_path: Path) -> None:
    with pytest.raises(
        EvenfallError, match=r"^betterleaks: not installed in the environment that runs Evenfall"
    ) as caught:
        find_scanner(os.fspath(tmp_path / "bin"), tmp_path, (3, 13))
    assert caught.value.exit_code == 3
    assert 'nox -s secrets, with "evenfall[sessions]" in the header of noxfile.py' in caught.value.hint


@pytest.mark.integration
def test_for_a_python_without_a_wheel_uv_installs_the_program_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_scanner(os.fspath(tmp_path / "bin"), tmp_path / "cache", (3, 14))
    assert os.access(found, os.X_OK)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    assert find_scanner(os.fspath(tmp_path / "bin"), tmp_path / "cache", (3, 15)) == found
    assert list((tmp_path / "cache").iterdir()) == [Path(found)]


@pytest.mark.integration
def test_an_unreachable_index_is_inconclusive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "no index").as_uri())
    monkeypatch.setenv("UV_CACHE_DIR", os.fspath(tmp_path / "uv"))
    with pytest.raises(
        EvenfallError, match=r"^betterleaks 2\.0\.0: there is no wheel for Python 3\.\d+, and uv pip install failed"
    ) as caught:
        find_scanner(os.fspath(tmp_path / "bin"), tmp_path / "cache", (3, 14))
    assert caught.value.exit_code == 3
    assert list((tmp_path / "cache").iterdir()) == []

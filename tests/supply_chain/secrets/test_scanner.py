from __future__ import annotations

import os
import stat
import sys
import sysconfig
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.supply_chain.secrets.scanner import program, scan
from tests.made_project import on_one_python
from tests.supply_chain.fake import fake

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for a broken scanner")
COMPLETE = '{"scan": {"state": "complete"}}'


def broken(folder: Path, script: str) -> str:
    file = folder / "scanner"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return os.fspath(file)


@POSIX
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 2", "betterleaks: it ended with 2 before it had read all"),
        ("true", "betterleaks: it ended with 0 before it had read all"),
        (f"echo '{COMPLETE}'; exit 1", "betterleaks: it ended with 1 before it had read all"),
        (f"echo '{COMPLETE}'; kill -9 $$", "betterleaks: it ended with -9 before it had read all"),
        ("""echo '{"scan": {"state": "incomplete"}}'""", "betterleaks: it ended with 0 before it had read all"),
        ('echo \'{"finding": {"rule_id": "$SECRET"}}\'', "betterleaks: its report is not what we know"),
        ("echo panic: $SECRET", "betterleaks: its report is not what we know"),
        (r"printf '\377\n'", "betterleaks: its report is not what we know"),
    ],
)
def test_a_scanner_that_breaks_is_never_green_and_what_it_says_stays_with_us(
    tmp_path: Path, script: str, said: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", fake("github"))
    with pytest.raises(EvenfallError) as caught:
        list(scan(broken(tmp_path, f"echo $SECRET >&2\n{script}"), tmp_path, ("HEAD",)))
    assert caught.value.exit_code == 3
    assert str(caught.value).startswith(said)
    assert fake("github") not in str(caught.value) + str(caught.value.__cause__) + "".join(capfd.readouterr())


def test_a_scanner_that_can_not_be_started_is_never_green(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"^betterleaks: it can't be started: ") as caught:
        list(scan(os.fspath(tmp_path / "none"), tmp_path, ("HEAD",)))
    assert caught.value.exit_code == 3


@on_one_python
def test_it_is_the_one_of_this_environment(tmp_path: Path) -> None:
    folder = sysconfig.get_path("scripts")
    assert Path(program(folder, tmp_path, (3, 11))).parent == Path(folder)


def test_without_it_nothing_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(
        EvenfallError, match=r"^betterleaks: not installed in the environment that runs Evenfall"
    ) as caught:
        program(os.fspath(tmp_path / "bin"), tmp_path, (3, 13))
    assert caught.value.exit_code == 3
    assert 'nox -s secrets, with "evenfall[sessions]" in the header of noxfile.py' in caught.value.hint


@on_one_python
def test_a_python_for_which_it_has_no_wheel_gets_the_same_program_from_the_index_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = program(os.fspath(tmp_path / "bin"), tmp_path / "cache", (3, 14))
    assert os.access(found, os.X_OK)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    assert program(os.fspath(tmp_path / "bin"), tmp_path / "cache", (3, 15)) == found
    assert list((tmp_path / "cache").iterdir()) == [Path(found)]


def test_where_the_index_can_not_be_reached_it_is_not_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "no index").as_uri())
    monkeypatch.setenv("UV_CACHE_DIR", os.fspath(tmp_path / "uv"))
    with pytest.raises(
        EvenfallError, match=r"^betterleaks 2\.0\.0: it has no wheel for Python 3\.\d+, and uv pip install failed"
    ) as caught:
        program(os.fspath(tmp_path / "bin"), tmp_path / "cache", (3, 14))
    assert caught.value.exit_code == 3
    assert list((tmp_path / "cache").iterdir()) == []

"""What is remembered of past runs, and that nothing hangs on it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import find_repository
from evenfall.run.history import DURATIONS, Record, record_of
from tests.made_project import Made


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "cache/lamp")


def test_how_long_jobs_lasted_is_remembered_and_brought_up_to_date(record: Record) -> None:
    assert record.seconds == {}
    record.remember({"lint": 1.5, "tests-3.12": 20.0})
    record.remember({"lint": 2.5})
    assert Record(record.folder).seconds == {"lint": 2.5, "tests-3.12": 20.0}
    assert record.trouble == ""


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"lint": "long"}'])
def test_durations_that_can_t_be_read_are_none_and_are_written_anew(record: Record, content: str) -> None:
    record.folder.mkdir(parents=True)
    (record.folder / DURATIONS).write_text(content)
    assert record.seconds == {}
    record.remember({"lint": 1.0})
    assert record.seconds == {"lint": 1.0}


def test_what_a_job_printed_is_kept_until_it_runs_again(record: Record, tmp_path: Path) -> None:
    printed = tmp_path / "0.log"
    for text in (b"first", b"second\xff"):
        printed.write_bytes(text)
        record.keep_log("tests-3.12", printed)
    assert record.read_log("tests-3.12").read_bytes() == b"second\xff"


def test_a_job_whose_output_is_gone_has_an_empty_log(record: Record, tmp_path: Path) -> None:
    record.keep_log("tests-3.12", tmp_path / "gone.log")
    assert record.read_log("tests-3.12").read_bytes() == b""


def test_each_job_has_a_log_of_its_own_whatever_its_name(record: Record) -> None:
    names = [
        "tests(a='1/2')",
        "tests(a='1_2')",
        "../tests",
        "x" * 300,
        "x" * 301,
        "tests-3.12 @ ubuntu-latest",
        "caf\udce9",
    ]
    logs = {record.log(name) for name in names}
    assert len(logs) == len(names)
    assert {log.parent for log in logs} == {record.folder / "logs"}
    assert all(len(log.name) < 250 for log in logs)


def test_a_job_that_has_not_run_here_is_told_with_the_command_that_runs_it(record: Record) -> None:
    with pytest.raises(EvenfallError, match=r"'tests-3\.12': no job of that name has run here yet\n") as caught:
        record.read_log("tests-3.12")
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "evenfall run")


def test_the_system_of_a_job_may_be_left_out_where_there_is_one(record: Record, tmp_path: Path) -> None:
    printed = tmp_path / "0.log"
    for number, name in enumerate(("tests-3.12 @ ubuntu-latest", "lint @ ubuntu-latest", "lint @ macos-latest")):
        printed.write_text(str(number))
        record.keep_log(name, printed)
    assert record.read_log("tests-3.12").read_text() == "0"
    with pytest.raises(EvenfallError, match=r"there is lint @ macos-latest, lint @ ubuntu-latest|did you mean 'lint @"):
        record.read_log("lint")
    with pytest.raises(EvenfallError, match=r"did you mean 'tests-3\.12 @ ubuntu-latest'"):
        record.read_log("test-3.12 @ ubuntu-latest")


def test_a_cache_that_can_t_be_written_is_said_once_and_stops_nothing(record: Record, tmp_path: Path) -> None:
    record.folder.parent.mkdir()
    record.folder.write_text("a file where the folder belongs")
    record.remember({"lint": 1.0})
    record.keep_log("lint", tmp_path / "gone.log")
    assert record.trouble == f"{record.folder}: not written: File exists"


def test_nobody_else_may_read_what_was_printed(record: Record, tmp_path: Path) -> None:
    record.keep_log("lint", tmp_path / "gone.log")
    assert stat.S_IMODE(record.log("lint").stat().st_mode) == 0o600


def test_projects_of_one_name_are_kept_apart_by_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    folders = set()
    for parent in ("one", "two"):
        made = Made(tmp_path / parent / "lamp")
        made.root.mkdir(parents=True)
        made.git("init", "--quiet")
        folders.add(record_of(find_repository(made.root)).folder)
    assert len(folders) == 2
    assert all(folder.name.startswith("lamp-") for folder in folders)

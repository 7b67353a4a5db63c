"""The history keeps durations and logs, and no result depends on it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import find_repository
from evenfall.run.history import DURATIONS, History, history_of
from tests.sample_project import SampleProject


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "cache/lamp")


def test_durations_are_remembered_and_updated(history: History) -> None:
    assert history.seconds == {}
    history.remember({"lint": 1.5, "tests-3.12": 20.0})
    history.remember({"lint": 2.5})
    assert History(history.folder).seconds == {"lint": 2.5, "tests-3.12": 20.0}
    assert history.warnings == ()


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"lint": "long"}'])
def test_unreadable_durations_are_ignored_and_replaced(history: History, content: str) -> None:
    history.folder.mkdir(parents=True)
    (history.folder / DURATIONS).write_text(content)
    assert history.seconds == {}
    history.remember({"lint": 1.0})
    assert history.seconds == {"lint": 1.0}


def test_a_log_is_kept_until_the_job_runs_again(history: History, tmp_path: Path) -> None:
    log = tmp_path / "0.log"
    for text in (b"first", b"second\xff"):
        log.write_bytes(text)
        history.keep_log("tests-3.12", log)
    assert history.find_log("tests-3.12").read_bytes() == b"second\xff"


def test_a_missing_log_file_is_kept_as_an_empty_log(history: History, tmp_path: Path) -> None:
    history.keep_log("tests-3.12", tmp_path / "missing.log")
    assert history.find_log("tests-3.12").read_bytes() == b""


def test_every_job_name_has_its_own_log_file_in_one_folder(history: History) -> None:
    names = [
        "tests(a='1/2')",
        "tests(a='1_2')",
        "../tests",
        "x" * 300,
        "x" * 301,
        "tests-3.12 @ ubuntu-latest",
        "caf\udce9",
    ]
    logs = {history.log_path(name) for name in names}
    assert len(logs) == len(names)
    assert {log.parent for log in logs} == {history.folder / "logs"}
    assert all(len(log.name) < 250 for log in logs)


def test_a_job_without_a_log_is_a_usage_error_with_the_command_that_runs_it(history: History) -> None:
    with pytest.raises(EvenfallError, match=r"'tests-3\.12': no job of that name") as caught:
        history.find_log("tests-3.12")
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "evenfall run")


def test_the_system_may_be_omitted_if_the_job_ran_on_one_system_only(history: History, tmp_path: Path) -> None:
    log = tmp_path / "0.log"
    for number, name in enumerate(("tests-3.12 @ ubuntu-latest", "lint @ ubuntu-latest", "lint @ macos-latest")):
        log.write_text(str(number))
        history.keep_log(name, log)
    assert history.find_log("tests-3.12").read_text() == "0"
    with pytest.raises(EvenfallError, match=r"did you mean 'lint @|lint @ macos-latest, lint @ ubuntu-latest"):
        history.find_log("lint")
    with pytest.raises(EvenfallError, match=r"did you mean 'tests-3\.12 @ ubuntu-latest'"):
        history.find_log("test-3.12 @ ubuntu-latest")


def test_a_cache_that_cannot_be_written_gives_one_warning(history: History, tmp_path: Path) -> None:
    history.folder.parent.mkdir()
    history.folder.write_text("a file where the folder belongs")
    history.remember({"lint": 1.0})
    history.keep_log("lint", tmp_path / "missing.log")
    assert history.warnings == (f"{history.folder}: can't be written: File exists",)


def test_other_users_cannot_read_a_log(history: History, tmp_path: Path) -> None:
    history.keep_log("lint", tmp_path / "missing.log")
    assert stat.S_IMODE(history.log_path("lint").stat().st_mode) == 0o600


def test_projects_with_the_same_name_in_different_folders_have_separate_histories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    folders = set()
    for parent in ("one", "two"):
        made = SampleProject(tmp_path / parent / "lamp")
        made.root.mkdir(parents=True)
        made.git("init", "--quiet")
        folders.add(history_of(find_repository(made.root)).folder)
    assert len(folders) == 2
    assert all(folder.name.startswith("lamp-") for folder in folders)

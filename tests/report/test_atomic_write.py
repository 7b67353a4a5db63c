from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.report.atomic_write import write_file

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither pipes in folders nor these modes")


def test_a_file_is_written_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    write_file(tmp_path / "out" / "a.json", "one\n")
    assert (tmp_path / "out" / "a.json").read_bytes() == b"one\n"
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a.json"]


@POSIX
def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "target").chmod(0o600)
    (tmp_path / "link").symlink_to("target")
    write_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "target").read_text(), (tmp_path / "target").stat().st_mode & 0o777) == ("new", 0o600)


@POSIX
def test_what_is_no_file_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_file(tmp_path / "pipe", "through")
    reader.join()
    assert (read, (tmp_path / "pipe").is_fifo()) == (["through"], True)


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="this system shows no open files")
def test_a_pipe_without_a_name_is_written_into(tmp_path: Path) -> None:
    read, write = os.pipe()
    write_file(Path(f"/dev/fd/{write}"), "through")
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "through"


@POSIX
def test_a_link_to_itself_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(EvenfallError, match="it can't be written"):
        write_file(tmp_path / "loop", "new")


@pytest.mark.parametrize("name", ["", "file/x", "a\0b"])
def test_a_place_that_can_not_be_written_is_wrong_usage_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(EvenfallError, match="it can't be written") as caught:
        write_file(tmp_path / name, "new")
    assert caught.value.exit_code == Exit.USAGE
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_dash_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives one means stdout, which has the report for people already."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EvenfallError, match="-: a file is wanted here, not stdout"):
        write_file(Path("-"), "text")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a disk that is always full")
def test_a_full_disk_is_something_else_than_a_wrong_name() -> None:
    with pytest.raises(EvenfallError, match="/dev/full: it can't be written: No space left") as caught:
        write_file(Path("/dev/full"), "text")
    assert (caught.value.exit_code, caught.value.hint) == (Exit.UNKNOWN, "free some space, and again")

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.atomic_write import replacement, write_atomically

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other file modes, and links need a privilege")


def test_a_new_file_is_written_into_a_new_folder(tmp_path: Path) -> None:
    write_atomically(tmp_path / "out" / "a.txt", "one\r\n")
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"one\r\n"
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a.txt"]


@POSIX
def test_a_replaced_file_keeps_its_mode_and_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(0o600)
    write_atomically(tmp_path / "old", b"new")
    write_atomically(tmp_path / "new", b"new")
    (tmp_path / "reference").touch()
    assert ((tmp_path / "old").read_text(), (tmp_path / "old").stat().st_mode & 0o777) == ("new", 0o600)
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "reference").stat().st_mode


@POSIX
def test_a_symbolic_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    write_atomically(tmp_path / "link", "new")
    assert not (tmp_path / "link").is_symlink()
    assert ((tmp_path / "target").read_text(), (tmp_path / "link").read_text()) == ("old", "new")


def test_the_old_file_stays_and_no_other_file_is_left_if_writing_fails(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def fail() -> None:
        with replacement(tmp_path / "a.txt") as part:
            part.write_text("ne")
            part.with_name("journal").touch()
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evenfall.atomic_write import replace_files, replacement, write_atomically

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


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def old(tmp_path: Path) -> dict[str, bytes]:
    """Two files in a folder."""
    (tmp_path / "a").write_bytes(b"old a")
    (tmp_path / "b").write_bytes(b"old b")
    return tree(tmp_path)


@pytest.mark.usefixtures("old")
def test_several_files_are_replaced_and_removed_together(tmp_path: Path) -> None:
    replace_files({tmp_path / "a": b"new a", tmp_path / "b": None, tmp_path / "x" / "y" / "c": b"new c"})
    assert tree(tmp_path) == {"a": b"new a", os.path.join("x", "y", "c"): b"new c"}


@pytest.mark.parametrize("content", [b"new", None])
def test_no_file_is_changed_if_one_of_them_can_not_be(
    tmp_path: Path, old: dict[str, bytes], content: bytes | None
) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    contents = {
        tmp_path / "a": b"new a",
        tmp_path / "b": None,
        tmp_path / "x" / "c": b"new",
        tmp_path / "folder": content,
    }
    with pytest.raises(OSError, match=r"directory|exists|denied") as caught:
        replace_files(contents)
    assert caught.value.filename == tmp_path / "folder"
    assert tree(tmp_path) == old
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "folder"], "new folders are removed"


def test_no_file_is_changed_if_a_folder_can_not_be_made(tmp_path: Path, old: dict[str, bytes]) -> None:
    with pytest.raises(OSError, match=r"directory|exists|denied") as caught:
        replace_files({tmp_path / "x" / "c": b"new", tmp_path / "a": b"new", tmp_path / "b" / "c": b"new"})
    assert caught.value.filename == tmp_path / "b" / "c"
    assert tree(tmp_path) == old
    assert not (tmp_path / "x").exists()


def interrupt() -> None:
    raise KeyboardInterrupt


class _Contents(dict[Path, "bytes | None"]):
    """Contents of two files; `then` is called between the two."""

    def __init__(self, contents: dict[Path, bytes | None], then: Callable[[], object]) -> None:
        super().__init__(contents)
        self._reads = 0
        self._then = then

    def __getitem__(self, path: Path) -> bytes | None:
        self._reads += 1
        if self._reads == 2:
            self._then()
        return super().__getitem__(path)


def test_the_files_before_an_interruption_are_restored(tmp_path: Path, old: dict[str, bytes]) -> None:
    contents = _Contents({tmp_path / "a": b"new a", tmp_path / "b": b"new b"}, interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_files(contents)
    assert tree(tmp_path) == old


def test_a_file_that_can_not_be_restored_is_named(tmp_path: Path, old: dict[str, bytes]) -> None:
    def make_a_folder_of_it() -> None:
        (tmp_path / "a").unlink()
        (tmp_path / "a" / "x").mkdir(parents=True)
        raise KeyboardInterrupt

    contents = _Contents({tmp_path / "a": b"new a", tmp_path / "b": b"new b"}, make_a_folder_of_it)
    with pytest.raises(KeyboardInterrupt) as caught:
        replace_files(contents)
    assert caught.value.__notes__ == [f"{tmp_path / 'a'} could not be restored"]
    assert tree(tmp_path) == {"b": old["b"]}


def test_a_new_folder_stays_if_another_program_uses_it(tmp_path: Path) -> None:
    def write() -> None:
        (tmp_path / "x" / "other").touch()
        raise KeyboardInterrupt

    contents = _Contents({tmp_path / "x" / "a": b"", tmp_path / "b": b""}, write)
    with pytest.raises(KeyboardInterrupt):
        replace_files(contents)
    assert tree(tmp_path) == {os.path.join("x", "other"): b""}


@POSIX
def test_a_symbolic_link_among_several_files_is_restored(tmp_path: Path, old: dict[str, bytes]) -> None:
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(KeyboardInterrupt):
        replace_files(_Contents({tmp_path / "link": b"new", tmp_path / "b": b"new"}, interrupt))
    assert (tmp_path / "link").readlink() == Path("a")


def test_a_file_that_becomes_a_folder_is_named_and_the_others_are_restored(
    tmp_path: Path, old: dict[str, bytes]
) -> None:
    def make_a_folder_of_it() -> None:
        (tmp_path / "b").unlink()
        (tmp_path / "b" / "x").mkdir(parents=True)

    with pytest.raises(OSError, match=r"directory|exists|denied") as caught:
        replace_files(_Contents({tmp_path / "a": b"new", tmp_path / "b": b"new"}, make_a_folder_of_it))
    assert caught.value.filename == tmp_path / "b"
    assert tree(tmp_path) == {"a": old["a"]}

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.input_file import conflict_line, read_file, read_utf8


def test_the_text_has_no_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffé".encode())
    assert read_utf8(tmp_path / "a.txt", missing="") == "é"


def test_a_missing_file_has_its_own_next_command(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"a\.txt: not found in ") as caught:
        read_file(tmp_path / "a.txt", missing="touch a.txt", hint="other")
    assert caught.value.hint == "touch a.txt"


def test_the_first_byte_that_is_not_utf_8_has_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\ntwo \xe9\n")
    with pytest.raises(EvenfallError, match=r"^a\.txt:2: not UTF-8 text: byte 0xe9") as caught:
        read_utf8(tmp_path / "a.txt", missing="")
    assert caught.value.hint == "correct a.txt"


def test_what_is_not_a_regular_file_is_an_error_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nothing")
    (tmp_path / "loop").symlink_to("loop")
    reasons = {
        "folder": "it is a folder, not a file",
        "pipe": "it is not a regular file",
        "link": "a symbolic link to nothing, which does not exist",
        "loop": "it can't be read: Too many levels of symbolic links",
    }
    for name, reason in reasons.items():
        with pytest.raises(EvenfallError) as caught:
            read_file(tmp_path / name, missing="")
        assert caught.value.message == f"{name}: {reason}"


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    (tmp_path / "link").symlink_to("a.txt")
    assert read_file(tmp_path / "link", missing="") == b"x"


def test_a_file_that_the_system_refuses_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match="it can't be read: File name too long"):
        read_file(tmp_path / ("a" * 300), missing="")


def test_the_line_of_a_conflict() -> None:
    assert conflict_line("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n") == 2
    assert conflict_line("a\n=======\n") is None

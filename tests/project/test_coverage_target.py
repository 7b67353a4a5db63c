from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.coverage_target import NAME, read_coverage_target


@pytest.mark.parametrize(
    ("text", "target"),
    [("100", 100), ("0", 0), ("99.95\n", Fraction(1999, 20)), (" 80.0 \r\n", 80), ("100.000", 100)],
)
def test_a_target_is_exact(tmp_path: Path, text: str, target: Fraction) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8", newline="")
    assert read_coverage_target(tmp_path) == target


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"NaN",
        b"inf",
        b"-1",
        b"+1",
        b"101",
        b"100.01",
        b"1e2",
        b"1_0",
        b"1.",
        b".5",
        b"90%",
        b"\xd9\xa1",
        b"90\n95",
    ],
)
def test_a_text_that_is_not_a_number_from_0_to_100_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(EvenfallError, match=r"^coverage_target\.txt:1: .* is not a number from 0 to 100") as caught:
        read_coverage_target(tmp_path)
    assert caught.value.exit_code == Exit.USAGE
    assert caught.value.hint == "echo 100.0 > coverage_target.txt"


def test_a_binary_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"\x80\x81\x00")
    with pytest.raises(EvenfallError, match=r"coverage_target\.txt:1: not UTF-8 text"):
        read_coverage_target(tmp_path)


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(EvenfallError, match=r"coverage_target\.txt: it is a folder"):
        read_coverage_target(tmp_path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"coverage_target\.txt: not found in "):
        read_coverage_target(tmp_path)

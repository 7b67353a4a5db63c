from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.generate.guide.by_hand import BEGIN, END, by_hand_section, read_by_hand


def read(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8", newline="")
    return read_by_hand(path, "docs/DEPLOYMENT.md")


@pytest.mark.parametrize("text", ["", "One line.\n", "## Title\n\n```text\n<!-- other -->\n```\n\n", " no line end"])
def test_the_text_between_the_markers_is_kept(text: str, tmp_path: Path) -> None:
    lines = text if text.endswith("\n") or not text else f"{text}\n"
    assert read(tmp_path / "guide.md", f"# Guide\n\n{by_hand_section(lines)}after\n") == lines


def test_markers_can_be_indented_and_have_the_line_ends_of_windows(tmp_path: Path) -> None:
    assert read(tmp_path / "guide.md", f"  {BEGIN}\r\nkept\r\n{END}  \r\n") == "kept\n"


@pytest.mark.parametrize(
    "text",
    [
        "neither\n",
        f"{BEGIN}\nno end\n",
        f"no begin\n{END}\n",
        f"{END}\nwrong order\n{BEGIN}\n",
        f"{BEGIN}\n{BEGIN}\ntwice\n{END}\n",
        f"{BEGIN}\n{END}\n{BEGIN}\ntwo pairs\n{END}\n",
        f"{BEGIN} not alone\n{END}\n",
    ],
)
def test_broken_markers_are_an_error_that_names_the_file(text: str, tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"^docs/DEPLOYMENT\.md: ") as caught:
        read(tmp_path / "guide.md", text)
    assert caught.value.exit_code == Exit.USAGE


def test_a_file_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_bytes(f"{BEGIN}\n".encode() + b"caf\xe9\n" + f"{END}\n".encode())
    with pytest.raises(EvenfallError, match="UTF-8"):
        read_by_hand(tmp_path / "guide.md", "docs/DEPLOYMENT.md")

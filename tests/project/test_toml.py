from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from evenfall.errors import EvenfallError, Exit
from evenfall.project.toml import append_tables, lock_command, read_toml, top_level_keys


def append(text: str, tables: dict[str, object]) -> str:
    return append_tables(text, tables, name="x.toml", hint="add it yourself")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[tool.x]\ny = 1\n"),
        ("a = 1\n", "a = 1\n\n[tool.x]\ny = 1\n"),
        ("a = 1", "a = 1\n\n[tool.x]\ny = 1\n"),
        ("a = 1\r\n", "a = 1\r\n\r\n[tool.x]\r\ny = 1\r\n"),
        ("\ufeffa = 1\n", "\ufeffa = 1\n\n[tool.x]\ny = 1\n"),
        ("[tool.z]\n# the end\n", "[tool.z]\n# the end\n\n[tool.x]\ny = 1\n"),
    ],
)
def test_tables_are_appended_after_an_empty_line_with_the_line_ends_of_the_file(before: str, after: str) -> None:
    assert append(before, {"tool": {"x": {"y": 1}}}) == after


@pytest.mark.parametrize("before", ["[tool.x]\n", "tool.x = {}\n", "[tool]\nx = 1\n"])
def test_a_table_that_exists_is_an_error(before: str) -> None:
    with pytest.raises(EvenfallError, match=r"^x\.toml: a table can't be appended") as caught:
        append(before, {"tool": {"x": {"y": 1}}})
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "add it yourself")


VALUES = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**63), 2**63 - 1), st.booleans())


@given(
    st.dictionaries(st.text(min_size=1), st.one_of(VALUES, st.lists(VALUES)), min_size=1),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_value_is_read_back(table: dict[str, object], end: str) -> None:
    text = append(f"[tool.z]{end}a = 1{end}", {"tool": {"x": table}})
    assert tomllib.loads(text)["tool"] == {"z": {"a": 1}, "x": table}


def test_the_comment_above_the_next_table_stays(tmp_path: Path) -> None:
    text = "[tool.evenfall]\nx = 1\n\n# about black\n[tool.black]\ny = 2\n"
    table = tomlkit.table().add(tomlkit.comment("why"))
    table["z"] = 3
    assert append(text, {"tool": {"evenfall": {"build": table}}}) == f"{text}\n[tool.evenfall.build]\n# why\nz = 3\n"


def test_the_keys_at_the_top_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("line-length = 99\n[format]\n[lint.isort]\n", encoding="utf-8")
    assert top_level_keys(tmp_path / "ruff.toml") == {"line-length", "format", "lint"}


@pytest.mark.parametrize(
    ("name", "command"), [("uv.lock", "uv lock"), ("noxfile.py.lock", "uv lock --script noxfile.py")]
)
def test_a_missing_lock_is_an_error_with_the_command_that_writes_it(tmp_path: Path, name: str, command: str) -> None:
    assert lock_command(tmp_path / name) == command
    with pytest.raises(EvenfallError, match=rf"^{name}: not found") as caught:
        read_toml(tmp_path / name)
    assert caught.value.hint == command

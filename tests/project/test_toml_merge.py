from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from evenfall.errors import EvenfallError
from evenfall.project.toml_merge import merge_tables

SETTINGS: dict[str, Any] = {
    "systems": ["windows-latest"],
    "groups": {"tests": ["check"]},
    "coverage": {"codecov": "oidc"},
}


def merge(text: str, tables: dict[str, Any]) -> str:
    return merge_tables(text, tables, name="x.toml")


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        "[project]\nname = 'x'\nx = 1",
        "[tool.evenfall]\nextras = []",
        "[ 'tool' . evenfall ] # ours\nextras = ['a']\n\n# about Ruff\n[tool.ruff]\nx = 1\n",
        "[tool.evenfall]\nextras = ['a']\n[tool.evenfall.groups]\nlint = ['b']\n",
        "[tool.evenfall.groups]\nlint = ['b']\n\n# about Ruff\n[tool.ruff]\nx = 1\n",
        "[tool.evenfall]\ngroups.lint = ['b']\ngroups.docs = ['c']\n",
        "[tool]\nevenfall.extras = ['a']\nevenfall.groups.lint = ['b']\n[tool.ruff]\nx = 1\n",
        "tool.evenfall.extras = ['a']\n[project]\nname = 'x'\n",
        "[tool]\nevenfall = { extras = ['a'] }\n",
        "[tool.evenfall]\ngroups = { lint = ['b'] }\n",
        "tool = { evenfall = { groups = { lint = ['b'] } } }\n",
        '[x]\ntext = """\n[tool.evenfall]\n"""\n[tool.evenfall]\nextras = []\n',
    ],
)
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_keys_are_added_to_a_table_in_each_form(text: str, bom: str, end: str) -> None:
    before = text.replace("\n", end)
    after = merge(bom + before, {"tool": {"evenfall": SETTINGS}}).removeprefix(bom)
    table = tomllib.loads(after)["tool"]["evenfall"]
    old = tomllib.loads(before).get("tool", {}).get("evenfall", {})
    assert table == {**old, **SETTINGS, "groups": {**old.get("groups", {}), **SETTINGS["groups"]}}
    kept = [line for line in text.splitlines() if line.startswith(("#", "[", "x"))]
    assert set(kept) <= set(after.split(end)), "comments, headers and other keys stay"
    assert after.count("\n") == after.count(end)
    assert merge(after, {"tool": {"evenfall": SETTINGS}}) == after, "a second time, nothing is missing"


def test_keys_that_exist_keep_their_values() -> None:
    text = "[tool.evenfall]\nsystems = []\ngroups = 3\n"
    assert merge(text, {"tool": {"evenfall": {**SETTINGS, "coverage": {}}}}) == text
    assert merge(text, {"tool": {"evenfall": {"systems": ["x"], "groups": {"tests": []}}}}) == text


def test_a_key_is_added_above_the_comment_of_the_next_table() -> None:
    text = "[tool.evenfall]\nx = 1\n\n# about black\n[tool.black]\ny = 2\n"
    value = tomlkit.string("contents").comment("why")
    expected = text.replace("x = 1", 'z = "contents" # why\nx = 1')
    assert merge(text, {"tool": {"evenfall": {"z": value}}}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[tool.evenfall.groups.sub]\n[tool]\nevenfall.groups.x = 1\n",
        "[[tool.x]]\n[x]\n[tool.x.a]\n[tool.evenfall]\ngroups = {}\n",  # tomlkit can't change it
    ],
)
def test_keys_that_can_not_be_added_are_named(text: str) -> None:
    with pytest.raises(EvenfallError, match=r"(?s)^x\.toml: these keys can't be added.*codecov"):
        merge(text, {"tool": {"evenfall": SETTINGS}})


def test_a_text_that_is_not_toml_is_an_error() -> None:
    with pytest.raises(EvenfallError, match=r"^x\.toml: not TOML: .*line 1"):
        merge("= 1", {"a": 1})


@given(st.text("[]a.=#\n'\"{} 1,", max_size=30))
def test_the_result_has_all_values_or_the_text_is_refused(text: str) -> None:
    try:
        before = tomllib.loads(text)
        after = tomllib.loads(merge(text, {"a": {"a": {"b": 1}}}))
    except (tomllib.TOMLDecodeError, EvenfallError):
        return
    for key, value in before.items():
        assert after[key] == value or key == "a"

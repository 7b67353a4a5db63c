"""Locks that were written before their project asked for what it asks for now."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.project_lock import read_project_lock
from tests.made import Made

LOCK = """\
version = 1

[[package]]
name = "lantern"
source = { virtual = "." }

[package.metadata]
requires-dist = [
    { name = "Oil", specifier = "<3,>=1.0" },
    { name = "wick", marker = "extra == 'long'" },
    { name = "glass", editable = "glass" },
]

[package.metadata.requires-dev]
type-check = [{ name = "probe", specifier = "==1.*" }]
"""

KNOWN = """\
[project]
name = "lantern"
dependencies = ["oil >= 1, < 3.0", "glass>=2", "wick @ https://example.org/wick.whl"]
optional-dependencies = { long = ["WICK"] }

[dependency-groups]
type_check = ["probe==1.*", { include-group = "more" }]
more = []
"""


def refusal(folder: Path, pyproject: str, lock: str = LOCK) -> str:
    (folder / "uv.lock").write_text(lock, encoding="utf-8")
    (folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    try:
        read_project_lock(folder / "uv.lock")
    except EvenfallError as error:
        return str(error)
    return ""


def test_a_lock_that_knows_all_that_is_asked_for_is_read(tmp_path: Path) -> None:
    assert refusal(tmp_path, KNOWN) == ""


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [
        ("oil >= 1, < 3.0", "oil >= 1, < 4", "oil >= 1, < 4"),
        ('"WICK"', '"WICK", "humanize>=4"', "humanize>=4"),
        ("probe==1.*", "probe==2.*", "probe==2.*"),
        ("more = []", 'more = ["probe==1.*"]', "probe==1.*"),
    ],
)
def test_what_a_lock_does_not_know_is_named(tmp_path: Path, old: str, new: str, asked: str) -> None:
    assert refusal(tmp_path, KNOWN.replace(old, new)) == (
        f"uv.lock:3: lantern asks for {asked}, of which the lock does not know\n  next: uv lock"
    )


def test_a_member_of_the_workspace_may_ask_too(tmp_path: Path) -> None:
    member = (
        '\n[[package]]\nname = "stand"\nsource = { editable = "stand" }\n\n[manifest]\nmembers = ["lantern", "stand"]\n'
    )
    Made(tmp_path).write("stand/pyproject.toml", '[project]\nname = "stand"\ndependencies = ["humanize"]\n')
    assert refusal(tmp_path, KNOWN, LOCK + member).startswith("uv.lock:17: stand asks for humanize, of")


@pytest.mark.parametrize(
    "pyproject",
    ['[project]\ndependencies = "oil"\n', '[project]\ndependencies = ["not a requirement!", "oil <=> 2"]\n', ""],
)
def test_what_is_no_requirement_is_uvs_to_refuse(tmp_path: Path, pyproject: str) -> None:
    assert refusal(tmp_path, pyproject) == ""


def test_a_lock_without_a_pyproject_beside_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK, encoding="utf-8")
    assert read_project_lock(tmp_path / "uv.lock").find("lantern")

"""Locks that were written before their project asked for what it asks for now."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.current_lock import read_project_lock
from tests.made_project import Made

LOCK = """\
version = 1

[[package]]
name = "lantern"
source = { virtual = "." }

[package.metadata]
requires-dist = [
    { name = "Oil", specifier = "<3,>=1.0" },
    { name = "wick", marker = "extra == 'long'" },
    { name = "wick", url = "https://example.org/wick.whl" },
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


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("certifi==2024.08.*", "==2024.8.*"),
        ("oil===1.0.0-rc1", "===1.0.0rc1"),
        ("oil===as-it-is", "===as-it-is"),
        ("oil~=1.0", "~=1.0"),
        ("oil==v1.0", "==1"),
        ("oil[Fast_Lane]>=2.0.0", '>=2", extras = ["fast-lane"], marker = "sys_platform == \'linux\''),
    ],
)
def test_another_way_to_write_a_requirement_is_the_same(tmp_path: Path, asked: str, known: str) -> None:
    name = asked[:7] if asked.startswith("certifi") else "oil"
    lock = 'version = 1\n[[package]]\nname = "lantern"\nsource = { virtual = "." }\n[package.metadata]\n'
    lock += f'requires-dist = [{{ name = "{name}", specifier = "{known}" }}]\n'
    pyproject = f'[project]\nname = "lantern"\ndependencies = ["{asked}"]\n'
    assert refusal(tmp_path, pyproject, lock) == ""
    assert refusal(tmp_path, pyproject.replace(asked, f"{name}>=9"), lock)


def test_where_a_build_states_the_requirements_the_lock_has_its_words(tmp_path: Path) -> None:
    """As poetry-core does: `~=8.0.0` comes back as `>=8.0.0,<8.1.0`."""
    pyproject = KNOWN.replace("oil >= 1, < 3.0", "oil ~= 1.0")
    assert refusal(tmp_path, pyproject)
    dynamic = pyproject.replace('name = "lantern"', 'name = "lantern"\ndynamic = ["version"]')
    assert refusal(tmp_path, dynamic) == ""
    assert "humanize" in refusal(tmp_path, dynamic.replace('"glass>=2"', '"glass>=2", "humanize"'))


def test_an_extra_is_news(tmp_path: Path) -> None:
    assert "asks for oil[fast] >= 1, < 3.0, of which" in refusal(tmp_path, KNOWN.replace("oil >=", "oil[fast] >="))


def test_what_only_an_extra_asked_for_is_news_where_the_project_does(tmp_path: Path) -> None:
    lock = LOCK.replace('    { name = "wick", url = "https://example.org/wick.whl" },\n', "")
    assert "asks for wick @ https://example.org/wick.whl, of which" in refusal(tmp_path, KNOWN, lock)


def test_what_is_asked_for_stays_on_its_line(tmp_path: Path) -> None:
    """A runner obeys a line that begins with two colons."""
    hostile = KNOWN.replace('"glass>=2"', '"glass>=2", "humanize @ https://example.org/x\\n::error::b"')
    assert "asks for humanize @ https://example.org/x ::error::b, of which" in refusal(tmp_path, hostile)


def test_a_requirement_may_name_an_extra_itself(tmp_path: Path) -> None:
    odd = KNOWN.replace('"glass>=2"', '"glass>=2", "wick; extra == \'long\'"')
    assert refusal(tmp_path, odd) == ""


def test_the_groups_of_a_folder_that_is_no_project_are_looked_at(tmp_path: Path) -> None:
    lock = 'version = 1\n\n[manifest]\n\n[manifest.dependency-groups]\ndev = [{ name = "six" }]\n'
    assert refusal(tmp_path, '[dependency-groups]\ndev = ["six"]\n', lock) == ""
    said = refusal(tmp_path, '[dependency-groups]\ndev = ["six", "idna"]\n', lock)
    assert said == "uv.lock: the project asks for idna, of which the lock does not know\n  next: uv lock"


def test_a_member_of_the_workspace_may_ask_too(tmp_path: Path) -> None:
    member = (
        '\n[[package]]\nname = "stand"\nsource = { editable = "stand" }\n\n[manifest]\nmembers = ["lantern", "stand"]\n'
    )
    Made(tmp_path).write("stand/pyproject.toml", '[project]\nname = "stand"\ndependencies = ["humanize"]\n')
    assert refusal(tmp_path, KNOWN, LOCK + member).startswith("uv.lock:18: stand asks for humanize, of")


@pytest.mark.parametrize(
    "pyproject",
    ['[project]\ndependencies = "oil"\n', '[project]\ndependencies = ["not a requirement!", "oil <=> 2"]\n', ""],
)
def test_what_is_no_requirement_is_uvs_to_refuse(tmp_path: Path, pyproject: str) -> None:
    assert refusal(tmp_path, pyproject) == ""


def test_a_lock_without_a_pyproject_beside_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK, encoding="utf-8")
    assert read_project_lock(tmp_path / "uv.lock").find("lantern")

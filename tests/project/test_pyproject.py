from __future__ import annotations

import re
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.project import (
    Project,
    find_locked_root,
    find_project,
    find_root,
    read_project,
)

SOUND = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "Night.Lantern"
version = "1.0"
requires-python = ">=3.11"
classifiers = ["Programming Language :: Python :: 3.11", "Programming Language :: Python :: 3.12"]

[project.optional-dependencies]
oil = ["wick"]

[dependency-groups]
test = ["pytest"]
Typing = ["mypy"]
dev = ["pytest"]

[tool.mypy]
files = ["src"]

[tool.ruff.lint]
select = ["F"]
"""


def project(root: Path, text: str) -> Project:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_project(root)


def refusal(root: Path, text: str) -> str:
    with pytest.raises(EvenfallError) as caught:
        project(root, text).pythons  # noqa: B018 - asking is what finds a disagreement
    assert caught.value.exit_code == Exit.USAGE
    assert caught.value.hint
    return caught.value.message


def test_a_project_says_its_name_groups_tools_and_pythons(tmp_path: Path) -> None:
    read = project(tmp_path, SOUND)
    assert read.name == "night-lantern"
    assert read.pythons == ("3.11", "3.12")
    assert read.primary_python == "3.11"
    assert read.pyproject.extras == ("oil",)
    assert read.pyproject.build_backend == "hatchling.build"
    assert {"mypy", "ruff", "ruff.lint"} <= read.pyproject.tools
    assert read.pyproject.mypy_says_what


def test_groups_go_by_their_usual_names(tmp_path: Path) -> None:
    read = project(tmp_path, SOUND)
    assert read.groups("tests") == ("test",)
    assert read.groups("lint") == ("Typing",)
    assert read.lint_and_test_groups == ("Typing", "test")


def test_a_purpose_without_a_group_of_its_own_takes_dev(tmp_path: Path) -> None:
    assert project(tmp_path, SOUND).groups("docs") == ("dev",)
    assert project(tmp_path, SOUND.replace("dev =", "other =")).groups("docs") == ()


def test_the_projects_own_word_on_its_groups_counts(tmp_path: Path) -> None:
    read = project(tmp_path, SOUND + '\n[tool.evenfall.groups]\ntests = ["test", "dev"]\nlint = []\n')
    assert read.groups("tests") == ("test", "dev")
    assert read.groups("lint") == ()


def test_a_configured_group_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    read = project(tmp_path, SOUND + '\n[tool.evenfall.groups]\ntests = ["tets"]\n')
    with pytest.raises(EvenfallError, match=r"tool\.evenfall\.groups\.tests: .*'tets' \(test, Typing, dev is there\)"):
        read.groups("tests")
    read = project(tmp_path, '[build-system]\n[project]\nname = "a"\n[tool.evenfall.groups]\ntests = ["tets"]')
    with pytest.raises(EvenfallError, match=r"\(no group is there\)"):
        read.groups("tests")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[project]\n", "[project\n", r"^pyproject\.toml: not TOML: .*\(at line 5, column 9\)"),
        (
            "[build-system]\n",
            f"x = {'[' * 1000}{']' * 1000}\n[build-system]\n",
            r"^pyproject\.toml: not TOML: .*nested",
        ),
        ("[build-system]\n", "[tool.x]\n", r"^pyproject\.toml: there is no \[build-system\] table"),
        ('name = "Night.Lantern"\n', "", r"^pyproject\.toml: project: .*missing required field `name`"),
        ('"Night.Lantern"', "3", r"^pyproject\.toml: project\.name: Expected `str`, got `int`"),
        ("Night.Lantern", "a${{b}}", r"^pyproject\.toml: project\.name: 'a\$\{\{b\}\}' is not a name"),
        ("Night.Lantern", "-a", r"is not a name"),
        ("Night.Lantern", "a\\n", r"is not a name"),
        ('">=3.11"', "3.11", r"^pyproject\.toml: project\.requires-python: Expected `str`"),
        ('">=3.11"', '"three"', r"^pyproject\.toml: project\.requires-python: Invalid specifier"),
        ('">=3.11"', '">=4"', r"^pyproject\.toml: project\.classifiers names Python 3\.11, 3\.12, .*'>=4'.* refuses"),
    ],
)
def test_a_wrong_file_is_an_error_with_the_line_or_the_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert re.search(message, refusal(tmp_path, SOUND.replace(old, new)))


def test_a_file_that_holds_settings_of_tools_only_is_no_package(tmp_path: Path) -> None:
    assert refusal(tmp_path, "[tool.ruff]\nline-length = 99\n") == "pyproject.toml: there is no [project] table"


def test_what_is_no_table_belongs_to_another_tool(tmp_path: Path) -> None:
    read = project(
        tmp_path, SOUND.replace("[tool.mypy]", "[tool]\nodd = 3\n[tool.mypy]").replace("files =", "strict =")
    )
    assert not read.pyproject.mypy_says_what
    assert "mypy.strict" not in read.pyproject.tools


def test_a_build_system_without_a_backend_is_setuptools(tmp_path: Path) -> None:
    read = project(tmp_path, SOUND.replace('build-backend = "hatchling.build"\n', ""))
    assert read.pyproject.build_backend == "setuptools.build_meta:__legacy__"


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path, start: str, end: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes((start + SOUND.replace("\n", end)).encode())
    assert read_project(tmp_path).name == "night-lantern"


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b'[project]\nname = "\xff"')
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml: not TOML: 'utf-8' codec"):
        read_project(tmp_path)


def test_a_folder_instead_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml: it can't be read: "):
        read_project(tmp_path)


def test_a_missing_file_leads_to_init(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml: not found in ") as caught:
        read_project(tmp_path)
    assert caught.value.hint == "evenfall init"


def test_the_root_is_found_from_any_folder_below_it(tmp_path: Path) -> None:
    root = tmp_path / "a 'quoted' café"
    below = root / "src" / "deep"
    below.mkdir(parents=True)
    (root / "pyproject.toml").write_text(SOUND, encoding="utf-8")
    assert find_root(below) == find_root(root) == root


def test_the_lock_of_a_member_is_its_workspaces_and_that_of_another_project_is_its_own(tmp_path: Path) -> None:
    made = {"": "root", "packages/a": "a", "packages/b": "B.b", "examples/other": "other"}
    for folder, name in made.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n')
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pyproject.toml").write_text("[tool.ruff]\n")
    assert find_locked_root(tmp_path / "packages" / "a") == tmp_path / "packages" / "a", "there is no lock at all"
    (tmp_path / "uv.lock").write_text('version = 1\n[manifest]\nmembers = ["root", "a", "b-b"]\n')
    for folder in ("", "packages/a", "packages/b", "docs"):
        assert find_locked_root(tmp_path / folder) == tmp_path
    assert find_locked_root(tmp_path / "examples" / "other") == tmp_path / "examples" / "other"


def test_the_project_of_a_folder_is_the_closest_that_is_one(tmp_path: Path) -> None:
    for folder, text in {
        "": '[project]\nname = "root"\n',
        "a": '[project]\nname = "a"\n',
        "a/docs": "[tool.ruff]\n",
    }.items():
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "pyproject.toml").write_text(text)
    (tmp_path / "b").mkdir()
    assert find_project(tmp_path / "a" / "docs", tmp_path) == tmp_path / "a"
    assert find_project(tmp_path / "b", tmp_path) == find_project(tmp_path, tmp_path) == tmp_path
    (tmp_path / "pyproject.toml").write_text("[tool.uv.workspace]\n")
    assert find_project(tmp_path / "b", tmp_path) == tmp_path, "which says what is missing there"


def test_a_folder_outside_of_any_project_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"no pyproject\.toml here or above"):
        find_root(tmp_path)


def test_uvs_older_dev_dependencies_are_the_group_dev(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SOUND + '\n[tool.uv]\ndev-dependencies = ["pytest"]\n', encoding="utf-8")
    assert "dev" in read_project(tmp_path).pyproject.groups

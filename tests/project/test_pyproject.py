from __future__ import annotations

import re
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.project import Project, has_build_isolation, read_project
from evenfall.project.pyproject import Pyproject, read_pyproject
from evenfall.project.pyproject_tables import LicenseTable, Person

PACKAGE = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "Night.Lantern"
version = "1.0"
requires-python = ">=3.11"
classifiers = ["Programming Language :: Python :: 3.11", "Programming Language :: Python :: 3.12"]

[dependency-groups]
test = ["pytest"]
Typing = ["mypy"]
dev = ["pytest"]

[tool.mypy]
files = ["src"]

[tool.ruff.lint]
select = ["F"]
"""


def parse(root: Path, text: str) -> Pyproject:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_pyproject(root / "pyproject.toml")


def package(root: Path, text: str) -> Project:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_project(root)


def test_the_tables_of_a_package_are_parsed(tmp_path: Path) -> None:
    found = parse(tmp_path, PACKAGE)
    assert (found.name, found.normalized_name, found.version) == ("Night.Lantern", "night-lantern", "1.0")
    assert (found.requires_python, len(found.classifiers)) == (">=3.11", 2)
    assert (found.build_backend, found.groups) == ("hatchling.build", ("test", "typing", "dev"))
    assert found.tools == {"mypy", "ruff", "ruff.lint"}
    assert found.tool_keys("mypy") == {"files"}


def test_the_root_of_a_workspace_that_is_no_package_leads_to_its_members() -> None:
    found = Pyproject({"tool": {"uv": {"workspace": {"members": ["wick"]}}}})
    with pytest.raises(EvenfallError) as error:
        _ = found.name
    assert error.value.hint.startswith("cd to a member of the workspace")


@pytest.mark.parametrize(
    ("build_system", "uv", "is_package"),
    [
        ('[build-system]\nrequires = ["hatchling"]\n', "", True),
        ('[build-system]\nrequires = ["hatchling"]\n', "package = false", False),
        ("", "", False),
        ("", "package = true", True),
    ],
)
def test_a_project_is_a_package_by_the_rule_of_uv(tmp_path: Path, build_system: str, uv: str, is_package: bool) -> None:
    found = parse(tmp_path, f'{build_system}[project]\nname = "lamp"\n[tool.uv]\n{uv}\n')
    assert found.is_package is is_package
    assert found.build_backend == "setuptools.build_meta:__legacy__"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[project]\n", "[project\n", r"^pyproject\.toml:5: not TOML: .*\(column 9\)"),
        (
            "[build-system]\n",
            f"x = {'[' * 1000}{']' * 1000}\n[build-system]\n",
            r"^pyproject\.toml: not TOML: .*nested",
        ),
        ("[build-system]\n", "[[build-system]]\n", r"^pyproject\.toml: build-system: Expected `object`"),
        ('name = "Night.Lantern"\n', "", r"^pyproject\.toml: project: .*missing required field `name`"),
        ('"Night.Lantern"', "3", r"^pyproject\.toml: project\.name: Expected `str`, got `int`"),
        ("Night.Lantern", "a${{b}}", r"^pyproject\.toml: project\.name: 'a\$\{\{b\}\}' is not a name"),
        ("Night.Lantern", "-a", r"is not a name"),
        ("Night.Lantern", "a\\n", r"is not a name"),
        ('">=3.11"', "3.11", r"^pyproject\.toml: project\.requires-python: Expected `str`"),
        ('">=3.11"', '"three"', r"^pyproject\.toml: project\.requires-python: Invalid specifier"),
        ("[dependency-groups]", "[[dependency-groups]]", r"^pyproject\.toml: dependency-groups: Expected `object`"),
        (
            "[tool.ruff.lint]",
            "[tool.evenfall]\nx = 1\n[tool.ruff.lint]",
            r"^pyproject\.toml: tool\.evenfall: unknown key",
        ),
    ],
)
def test_an_invalid_file_is_an_error_with_the_line_or_the_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        package(tmp_path, PACKAGE.replace(old, new))
    assert caught.value.exit_code == Exit.USAGE
    assert caught.value.hint
    assert re.search(message, caught.value.message)


def test_a_file_without_a_project_has_settings_but_no_package(tmp_path: Path) -> None:
    text = "[tool.evenfall]\nextras = ['web']\n"
    found = parse(tmp_path, text)
    assert (found.has_project, found.unchecked_name, found.settings.extras) == (False, "", ("web",))
    for read in (lambda: found.name, lambda: found.metadata, lambda: package(tmp_path, text)):
        with pytest.raises(EvenfallError, match=r"^pyproject\.toml: no \[project\] table"):
            read()


@pytest.mark.parametrize(
    "broken",
    [
        "[project]\nname = 3\nauthors = 'Ada'\n",
        "[project]\nname = 'x'\nclassifiers = [1]\n",
        "project = 3\n",
        "build-system = 3\ndependency-groups = 3\n",
    ],
)
def test_an_invalid_table_does_not_stop_the_readers_of_others(tmp_path: Path, broken: str) -> None:
    found = parse(tmp_path, broken + "[tool.evenfall]\nextras = ['web']\n")
    assert found.settings.extras == ("web",)
    assert found.has_project == ("project" in broken)


@pytest.mark.parametrize("tool", ["tool = 3\n", "tool.evenfall = 3\n", "[[tool.evenfall]]\n"])
def test_settings_that_are_no_table_are_an_error(tmp_path: Path, tool: str) -> None:
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml: tool(\.evenfall)?: Expected `object`"):
        _ = parse(tmp_path, tool).settings


def test_the_metadata_describe_the_project_to_people(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "lantern"\nlicense = { text = "MIT" }\nauthors = [{ name = "Ada" }]\n'
        'urls = { Homepage = "https://example.org" }\n'
    )
    metadata = parse(tmp_path, text).metadata
    assert (metadata.license, metadata.authors) == (LicenseTable(text="MIT"), (Person(name="Ada"),))
    assert metadata.urls == {"Homepage": "https://example.org"}


def test_a_wrong_author_is_an_error_only_for_readers_of_the_metadata(tmp_path: Path) -> None:
    found = package(tmp_path, PACKAGE.replace('version = "1.0"', 'version = "1.0"\nauthors = [{ name = 1 }]'))
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml: project\.authors\[0\]\.name: Expected `str`"):
        _ = found.pyproject.metadata


def test_tool_values_that_are_no_tables_are_ignored(tmp_path: Path) -> None:
    found = parse(tmp_path, "[tool]\nodd = 3\ncoverage.report = 3\n[tool.mypy]\nstrict = true\n")
    assert found.tools == {"mypy", "coverage"}
    assert (found.tool_keys("odd"), found.tool_keys("mypy")) == (frozenset(), frozenset({"strict"}))


def test_the_default_build_backend_is_setuptools(tmp_path: Path) -> None:
    found = parse(tmp_path, PACKAGE.replace('build-backend = "hatchling.build"\n', ""))
    assert found.build_backend == "setuptools.build_meta:__legacy__"


@pytest.mark.parametrize(
    ("dynamic", "settings", "expected"),
    [
        ("version", "", True),
        ("version", "[tool.evenfall.build]\nhistory = false\n", False),
        ("dependencies", "", False),
    ],
)
def test_a_computed_version_comes_from_a_tag_unless_the_settings_deny_it(
    tmp_path: Path, dynamic: str, settings: str, expected: bool
) -> None:
    text = f'[project]\nname = "x"\ndynamic = ["{dynamic}"]\n{settings}'
    assert parse(tmp_path, text).version_from_tag is expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", False),
        ('no-build-isolation-package = ["Night_Lantern"]', True),
        ('no-build-isolation-package = ["torch"]', False),
        ('no-build-isolation-package = "lantern"', False),
        ("no-build-isolation = true", True),
    ],
)
def test_the_build_isolation_is_that_of_uv(tmp_path: Path, settings: str, expected: bool) -> None:
    project = package(tmp_path, f"{PACKAGE}[tool.uv]\n{settings}\n")
    assert has_build_isolation(project) is not expected
    (tmp_path / "uv.toml").write_text("no-build-isolation = true\n")
    assert not has_build_isolation(project)


def test_uvs_older_dev_dependencies_are_the_group_dev(tmp_path: Path) -> None:
    text = '[dependency-groups]\ntest = ["pytest"]\n[tool.uv]\ndev-dependencies = ["pytest"]\n'
    assert parse(tmp_path, text).groups == ("test", "dev")


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path, start: str, end: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes((start + PACKAGE.replace("\n", end)).encode())
    assert read_project(tmp_path).name == "night-lantern"


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b'[project]\nname = "\xff"')
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml:\d+: not UTF-8 text"):
        read_project(tmp_path)


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml: it is a folder"):
        read_project(tmp_path)


def test_the_next_command_for_a_missing_file_is_init(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml: not found in ") as caught:
        read_project(tmp_path)
    assert caught.value.hint == "evenfall init"

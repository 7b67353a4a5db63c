from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.project import Project, read_project
from evenfall.project.pythons import RELEASED

PACKAGE = """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
[project]
name = "{name}"
version = "1"
requires-python = "{python}"
"""
VIRTUAL = """\
[dependency-groups]
Dev_Tools = ["pytest"]
[tool.uv.workspace]
members = ["packages/*"]
[tool.evenfall]
systems = ["ubuntu-latest"]
"""
LOCK = """\
version = 1
requires-python = ">=3.12, <3.14"

[manifest]
members = ["Lamp", "oil"]

[manifest.dependency-groups]
Dev_Tools = [{ name = "pytest" }]

[[package]]
name = "lamp"
version = "1"
source = { editable = "packages/lamp" }
dependencies = [{ name = "oil" }]

[[package]]
name = "oil"
version = "1"
source = { editable = "packages/oil" }

[package.dev-dependencies]
test = [{ name = "coverage" }]

[[package]]
name = "pytest"
version = "9"

[[package]]
name = "coverage"
version = "7"

[[package]]
name = "shelf"
version = "1"
source = { directory = "shelf" }
"""

PROJECT = VIRTUAL + '[project]\nname = "a-root"\nversion = "1"\n'
LOCK_OF_PROJECT = (
    LOCK.replace('["Lamp", "oil"]', '["a-root", "lamp", "oil"]').replace('Dev_Tools = [{ name = "pytest" }]', "")
    + '[[package]]\nname = "a-root"\nsource = { virtual = "." }\n'
)


def workspace(root: Path, lock: str = LOCK, virtual: str = VIRTUAL) -> Project:
    for name, python in {"lamp": ">=3.11", "oil": ">=3.12,<3.14"}.items():
        folder = root / "packages" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pyproject.toml").write_text(PACKAGE.format(name=name.title(), python=python))
    with (root / "packages" / "oil" / "pyproject.toml").open("a") as file:
        file.write('[dependency-groups]\ntest = ["coverage"]\n')
    (root / "pyproject.toml").write_text(virtual)
    (root / "uv.lock").write_text(lock)
    return read_project(root)


def test_the_members_of_a_virtual_root_are_those_of_the_lock_with_the_settings_of_the_root(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    assert (root.name, root.is_workspace, root.folder) == ("", True, ".")
    lamp, oil = root.members
    assert [(each.name, each.folder, each.is_workspace) for each in (lamp, oil)] == [
        ("lamp", "packages/lamp", False),
        ("oil", "packages/oil", False),
    ]
    assert lamp.lock is root.lock
    assert (root.title, oil.title) == ("the workspace of lamp, oil", "Oil")
    assert lamp.members == (lamp,)
    assert lamp.pyproject.settings.systems == ("ubuntu-latest",)


def test_a_root_that_is_a_package_is_its_own_first_member(tmp_path: Path) -> None:
    root = workspace(tmp_path, LOCK_OF_PROJECT, PROJECT)
    assert [member.folder for member in root.members] == [".", "packages/lamp", "packages/oil"]
    assert root.members[0].pyproject.settings == root.pyproject.settings


def test_a_member_is_found_by_its_name(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    assert root.member("Oil").folder == "packages/oil"
    assert root.member(".") is root
    with pytest.raises(EvenfallError, match=r"'oi' is not a member of the workspace; did you mean 'oil'\?"):
        root.member("oi")


def test_a_project_without_a_workspace_is_its_own_member(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PACKAGE.format(name="lamp", python=">=3.12"))
    project = read_project(tmp_path)
    assert project.members == (project,)
    assert not project.is_workspace


def test_the_members_of_a_workspace_share_the_pythons_that_all_of_them_allow(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    assert [each.pythons for each in (root, *root.members)] == [("3.12", "3.13")] * 3
    none = workspace(tmp_path, LOCK.replace(">=3.12, <3.14", ">=3.99"))
    with pytest.raises(EvenfallError, match=r"require Python >=3\.99, and packages/oil/pyproject\.toml"):
        _ = none.members[1].pythons


def test_the_pythons_of_the_settings_are_for_members_that_allow_them_and_have_no_classifiers(tmp_path: Path) -> None:
    root = workspace(
        tmp_path, virtual=VIRTUAL.replace("[tool.evenfall]\n", '[tool.evenfall]\npythons = ["3.11", "3.12", "3.13t"]\n')
    )
    path = tmp_path / "packages" / "oil" / "pyproject.toml"
    assert [each.pythons for each in root.members] == [("3.12", "3.13t")] * 2
    classifiers = ", ".join(f'"Programming Language :: Python :: 3.{minor}"' for minor in (12, 13))
    path.write_text(path.read_text().replace('version = "1"', f'version = "1"\nclassifiers = [{classifiers}]'))
    assert [each.pythons for each in read_project(tmp_path).members] == [("3.12", "3.13t"), ("3.12", "3.13", "3.13t")]


def test_all_members_are_installed_together_with_the_groups_of_all(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    for each in (root, *root.members):
        assert (each.sync_scope, {*each.group_names}) == (("--all-packages",), {"dev-tools", "test"})
        assert each.locked_names(("test", "dev-tools")) == {"coverage", "pytest"}
    assert root.locked_requirements("groups") == {"dev-tools": {"pytest"}, "test": {"coverage"}}
    assert root.locked_requirements("extras") == {}
    (project := tmp_path / "project").mkdir()
    root = workspace(project, LOCK_OF_PROJECT, PROJECT)
    assert [each.sync_scope for each in (root, *root.members)] == [("--all-packages",)] * 4


def test_members_that_conflict_are_installed_alone_with_their_own_groups_and_those_of_the_root(tmp_path: Path) -> None:
    conflicts = '[tool.uv]\nconflicts = [[{ package = "lamp" }, { package = "oil" }]]\n'
    root = workspace(tmp_path, LOCK_OF_PROJECT, PROJECT + conflicts)
    own, lamp, oil = root.members
    assert [each.sync_scope for each in (root, own, oil)] == [(), ("--package=a-root",), ("--package=oil",)]
    assert [each.group_names for each in (own, lamp)] == [("dev-tools",), ("dev-tools",)]
    assert oil.group_names == ("test", "dev-tools")
    assert oil.locked_requirements("groups") == {"test": {"coverage"}}
    assert lamp.locked_names(("test",)) == set()


def test_a_folder_with_groups_and_without_a_project_is_a_workspace_without_members(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\ndev = ["pytest"]\n')
    (tmp_path / "uv.lock").write_text(
        'version = 1\n[manifest.dependency-groups]\ndev = [{ name = "pytest" }]\n[[package]]\nname = "pytest"\n'
    )
    root = read_project(tmp_path)
    assert not root.members
    assert root.locked_names(("dev",)) == {"pytest"}
    assert root.pythons == RELEASED


@pytest.mark.parametrize(
    ("lock", "file", "text", "message"),
    [
        (
            LOCK.replace("packages/oil", "../oil"),
            "",
            "",
            r"^uv\.lock: the member oil .* outside of the root, in \.\./oil",
        ),
        (LOCK.replace("packages/oil", "packages/gas"), "", "", r"^packages/gas/pyproject\.toml: not found"),
        (LOCK, "packages/oil", "[project]\nname = 1\n", r"^packages/oil/pyproject\.toml: project\.name: "),
        (
            LOCK,
            "packages/oil",
            "[tool.evenfall]\n",
            r"^packages/oil/pyproject\.toml: \[tool\.evenfall\] is in a member",
        ),
    ],
    ids=["outside", "missing", "invalid", "settings of its own"],
)
def test_a_member_that_is_missing_or_invalid_is_an_error_with_its_file(
    tmp_path: Path, lock: str, file: str, text: str, message: str
) -> None:
    root = workspace(tmp_path, lock)
    if file:
        (tmp_path / file / "pyproject.toml").write_text(text)
    with pytest.raises(EvenfallError, match=message):
        _ = root.members


def test_a_workspace_and_its_members_have_a_python_for_their_groups(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    assert root.dependency_groups.included == {"dev-tools": {"dev-tools"}, "test": {"test"}}
    assert root.python_for(("test",)) == root.members[1].python_for(("dev-tools",)) == "3.12"


def test_the_python_of_a_member_follows_a_change_at_the_root(tmp_path: Path) -> None:
    assert workspace(tmp_path).member("lamp").python_for(("dev-tools",), ()) == "3.12"
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write('[tool.uv.dependency-groups]\nDev_Tools = { requires-python = ">=3.13" }\n')
    assert read_project(tmp_path).member("lamp").python_for(("dev-tools",), ()) == "3.13"

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.root import find_locked_root, find_project, find_root
from tests.project.test_pyproject import PACKAGE


def test_the_root_is_found_from_any_folder_below_it(tmp_path: Path) -> None:
    root = tmp_path / "a 'quoted' café"
    below = root / "src" / "deep"
    below.mkdir(parents=True)
    (root / "pyproject.toml").write_text(PACKAGE, encoding="utf-8")
    assert find_root(below) == find_root(root) == root


def test_a_folder_outside_of_any_project_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"no pyproject\.toml"):
        find_root(tmp_path)


def test_a_member_has_the_lock_of_its_workspace_and_another_project_its_own(tmp_path: Path) -> None:
    names = {"": "root", "packages/a": "a", "packages/b": "B.b", "examples/other": "other", "examples/a": "a"}
    for folder, name in names.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n')
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pyproject.toml").write_text("[tool.ruff]\n")
    (tmp_path / "examples" / "pyproject.toml").write_text("[tool.uv.workspace]\nmembers = ['other']\n")
    assert find_locked_root(tmp_path / "packages" / "a") == tmp_path / "packages" / "a", "because there is no lock"
    packages = "".join(
        f'[[package]]\nname = "{name}"\nsource = {{ editable = "{folder}" }}\n'
        for name, folder in {"root": ".", "a": "packages/a", "b-b": "packages/b", "other": "examples/other"}.items()
    )
    (tmp_path / "uv.lock").write_text(f'version = 1\n[manifest]\nmembers = ["root", "a", "b-b"]\n{packages}')
    for folder in ("", "packages/a", "packages/b", "docs"):
        assert find_locked_root(tmp_path / folder) == tmp_path
    for folder in ("examples", "examples/other", "examples/a"):
        assert find_locked_root(tmp_path / folder) == tmp_path / folder, "because it is not a member of the workspace"


def test_the_project_of_a_folder_is_the_closest_one_above(tmp_path: Path) -> None:
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
    assert find_project(tmp_path / "b", tmp_path) == tmp_path, "whose reader reports the missing table"

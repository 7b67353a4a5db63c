from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.project_root import find_project_root
from evenfall.errors import EvenfallError
from evenfall.git.repository import init_repository
from tests.sample_project import SampleProject

PROJECT = "pyproject.toml"


@pytest.fixture
def made(tmp_path: Path) -> SampleProject:
    """A repository with a folder in it."""
    made = SampleProject(tmp_path / "lamp")
    made.root.mkdir()
    init_repository(made.root)
    made.write("src/lamp.py", "")
    return made


def refused(folder: Path) -> EvenfallError:
    with pytest.raises(EvenfallError) as caught:
        find_project_root(folder)
    return caught.value


def test_the_root_is_found_from_any_folder_of_the_project(made: SampleProject) -> None:
    made.write(PROJECT, "")
    assert find_project_root(made.root) == (made.root, False)
    assert find_project_root(made.root / "src") == (made.root, False)
    made.write("packages/oil/pyproject.toml", "")
    assert find_project_root(made.root / "packages" / "oil") == (made.root, False), "a member of a workspace"


def test_the_root_of_a_linked_worktree_and_of_a_submodule(made: SampleProject, tmp_path: Path) -> None:
    made.write(PROJECT, "")
    made.commit()
    made.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert find_project_root(tmp_path / "linked" / "src") == (tmp_path / "linked", False)
    outer = SampleProject(tmp_path / "outer")
    outer.root.mkdir()
    init_repository(outer.root)
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(made.root), "inner")
    assert find_project_root(outer.root / "inner" / "src") == (outer.root / "inner", False)


def test_a_project_is_started_in_an_empty_folder_that_may_be_a_repository(tmp_path: Path) -> None:
    assert find_project_root(tmp_path) == (tmp_path, True)
    init_repository(tmp_path)
    assert find_project_root(tmp_path) == (tmp_path, True)


def test_no_project_is_started_in_an_empty_folder_of_a_repository(made: SampleProject) -> None:
    made.write(PROJECT, "")
    (made.root / "empty").mkdir()
    error = refused(made.root / "empty")
    assert str(made.root) in error.message
    assert error.hint.startswith("cd .. && evenfall init")


def test_a_project_in_a_subfolder_of_the_repository_is_named(made: SampleProject) -> None:
    made.write("back end/pyproject.toml", "")
    for folder in (made.root, made.root / "back end"):
        error = refused(folder)
        assert "but in back end/pyproject.toml" in error.message
        assert "'back end'" in error.hint


@pytest.mark.parametrize(("folder", "hint"), [(".", "uv init"), ("src", "cd .. && uv init")])
def test_a_repository_without_a_project_is_refused(made: SampleProject, folder: str, hint: str) -> None:
    error = refused(made.root / folder)
    assert "no pyproject.toml" in error.message
    assert error.hint.startswith(hint)


def test_a_folder_named_pyproject_toml_is_no_project(made: SampleProject) -> None:
    (made.root / PROJECT).mkdir()
    assert "it is not a file" in refused(made.root).message


def test_a_project_outside_of_git_is_refused_with_its_root(tmp_path: Path) -> None:
    made = SampleProject(tmp_path / "lamp")
    made.write("src/lamp.py", "")
    assert "not empty" in refused(made.root).message
    made.write(PROJECT, "")
    assert refused(made.root).hint == "git init, then evenfall init"
    assert refused(made.root / "src").hint == "cd .. && git init, then evenfall init"


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    SampleProject(tmp_path).git("init", "--quiet", "--bare", "lamp.git")
    assert "bare" in refused(tmp_path / "lamp.git").message

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import (
    find_repository,
    find_top,
    init_repository,
    is_top,
    path_from_top,
    symbolic_reference,
)
from tests.git.conftest import clone, linked_worktree
from tests.sample_project import SampleProject

CREDENTIAL = "x" * 6


def test_a_repository_is_found_from_a_folder_in_its_work_tree(repository: SampleProject) -> None:
    found = find_repository(repository.root / "deep")
    assert found.top == repository.root
    assert found.git_dir == found.common_dir == repository.root / ".git"
    assert (found.objects, found.index) == (found.git_dir / "objects", found.git_dir / "index")
    assert (found.object_format, found.is_shallow) == ("sha1", False)
    assert (found.hooks, found.alternates) == (found.git_dir / "hooks", ())


def test_a_linked_worktree_shares_the_objects_and_has_an_index_of_its_own(repository: SampleProject) -> None:
    found = find_repository(linked_worktree(repository).root)
    assert found.common_dir == repository.root / ".git"
    assert found.objects == found.common_dir / "objects"
    assert found.git_dir == found.index.parent == found.common_dir / "worktrees/linked"


def test_a_bare_repository_is_an_error(tmp_path: Path) -> None:
    bare = SampleProject(tmp_path)
    bare.git("init", "--quiet", "--bare")
    with pytest.raises(EvenfallError, match="a bare repository has no work tree") as caught:
        find_repository(bare.root)
    assert caught.value.exit_code is Exit.USAGE


def test_in_a_hook_the_index_of_the_commit_that_is_being_made_is_used_if_it_belongs_to_the_repository(
    repository: SampleProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.root)
    monkeypatch.setenv("GIT_DIR", ".git")
    next_index = repository.root / ".git/next-index-1.lock"
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    assert find_repository(repository.root).index == repository.root / ".git/index"
    next_index.touch()
    assert find_repository(repository.root).index == next_index
    (tmp_path / "index").touch()
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(tmp_path / "index"))
    assert find_repository(repository.root).index == repository.root / ".git/index"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"https://me:{CREDENTIAL}@github.com/owner/lamp.git", "lamp"),
        (f"https://me:p@{CREDENTIAL}@github.com/owner/lamp.git", "lamp"),
        ("git@github.com:owner/lamp.git", "lamp"),
        ("/some/where/lamp/", "lamp"),
        ("", "unborn"),
        ("https://example.org/..", "unborn"),
    ],
)
def test_a_repository_has_the_name_in_the_url_of_origin_or_of_its_folder(
    unborn: SampleProject, url: str, name: str
) -> None:
    if url:
        unborn.git("remote", "add", "origin", url)
    found = find_repository(unborn.root)
    assert found.name == name
    assert CREDENTIAL not in found.origin


def test_a_shallow_clone_and_a_clone_that_borrows_objects_are_recognized(
    repository: SampleProject, tmp_path: Path
) -> None:
    assert find_repository(clone(repository, tmp_path / "shallow", "--depth=1").root).is_shallow
    lender = clone(repository, tmp_path / "lender")
    lender.git("clone", "--quiet", "--shared", os.fspath(lender.root), os.fspath(tmp_path / "borrower"))
    assert find_repository(tmp_path / "borrower").alternates == (lender.root / ".git/objects",)


def test_a_setting_is_empty_if_it_is_not_set(repository: SampleProject) -> None:
    repository.git("config", "core.autocrlf", "input")
    found = find_repository(repository.root)
    assert (found.setting("core.autocrlf"), found.setting("lamp.oil")) == ("input", "")


def test_the_top_and_the_path_from_it_are_found_from_a_folder(repository: SampleProject) -> None:
    assert find_top(repository.root / "deep/er") == repository.root
    assert path_from_top(repository.root / "deep/er") == "deep/er/"
    assert path_from_top(repository.root) == ""
    assert (is_top(repository.root), is_top(repository.root / "deep")) == (True, False)


def test_outside_a_repository_there_is_no_top(outside: Path) -> None:
    assert path_from_top(outside) == ""
    with pytest.raises(EvenfallError, match="not a git repository") as caught:
        find_top(outside)
    assert caught.value.exit_code is Exit.USAGE


def test_a_new_repository_is_on_the_branch_main(tmp_path: Path) -> None:
    init_repository(tmp_path)
    assert symbolic_reference(tmp_path, "HEAD") == "main"


def test_a_detached_head_and_a_missing_reference_are_not_symbolic(repository: SampleProject) -> None:
    repository.git("checkout", "--quiet", "--detach")
    assert symbolic_reference(repository.root, "HEAD") == ""
    assert symbolic_reference(repository.root, "refs/remotes/origin/HEAD") == ""

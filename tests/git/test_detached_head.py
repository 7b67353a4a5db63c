from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.git.detached_head import detached_head
from tests.git.conftest import linked_worktree, modes_and_digests
from tests.sample_project import SampleProject

FILES = "deep/er/file.txt\nlink\npage.txt\ntool.sh"


def output(repository: SampleProject, variables: dict[str, str], *arguments: str) -> str:
    done = repository.run("git", *arguments, env=variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_git_sees_the_same_files_and_the_same_commit_on_no_branch(repository: SampleProject) -> None:
    repository.write("page.txt", "changed\n")
    with detached_head(repository.root) as variables:
        assert output(repository, variables, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
        assert output(repository, variables, "branch", "--show-current") == ""
        assert output(repository, variables, "rev-parse", "HEAD") == repository.git("rev-parse", "HEAD").strip()
        assert output(repository, variables, "status", "--porcelain") == "M page.txt"


def test_staging_a_file_leaves_the_users_repository_byte_for_byte_as_it_was(repository: SampleProject) -> None:
    before = modes_and_digests(repository.root / ".git")
    with detached_head(repository.root) as variables:
        output(repository, variables, "update-index", "--refresh")
        output(repository, variables, "rm", "--quiet", "-r", "--cached", ".")
        assert output(repository, variables, "ls-files") == ""
    assert modes_and_digests(repository.root / ".git") == before
    assert not Path(variables["GIT_DIR"]).exists()


def test_the_whole_work_tree_is_visible_from_a_folder_in_it(repository: SampleProject) -> None:
    with detached_head(repository.root / "deep") as variables:
        assert output(repository, variables, "status", "--porcelain") == ""


def test_a_linked_worktree_keeps_its_own_index(repository: SampleProject) -> None:
    linked = linked_worktree(repository)
    linked.write("new.txt", "new\n")
    linked.git("add", "new.txt")
    with detached_head(linked.root) as variables:
        assert output(linked, variables, "branch", "--show-current") == ""
        assert output(linked, variables, "status", "--porcelain") == "A  new.txt"


def test_a_split_index_is_complete(repository: SampleProject) -> None:
    repository.git("update-index", "--split-index")
    with detached_head(repository.root) as variables:
        assert output(repository, variables, "ls-files") == FILES


def test_a_hook_sees_the_index_of_the_commit_that_is_being_made(
    repository: SampleProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = os.fspath(repository.root / ".git/next-index")
    repository.write("new.txt", "new\n")
    repository.run("git", "add", "new.txt", env={"GIT_INDEX_FILE": index})
    monkeypatch.setenv("GIT_INDEX_FILE", index)
    with detached_head(repository.root) as variables:
        assert output(repository, variables, "ls-files") == "new.txt"
        output(repository, variables, "rm", "--quiet", "--cached", "new.txt")
    assert repository.run("git", "ls-files", env={"GIT_INDEX_FILE": index}).stdout == "new.txt\n"


def test_a_clone_without_a_checkout_has_an_empty_index(repository: SampleProject) -> None:
    clone = SampleProject(repository.root.with_name("clone"))
    repository.git("clone", "--quiet", "--no-checkout", os.fspath(repository.root), os.fspath(clone.root))
    with detached_head(clone.root) as variables:
        assert output(clone, variables, "ls-files") == ""


def test_a_repository_before_its_first_commit_stays_on_its_branch(unborn: SampleProject) -> None:
    with detached_head(unborn.root) as variables:
        assert variables == {}

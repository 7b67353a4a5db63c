from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.alternates import alternates_variable
from evenfall.git.command import git
from evenfall.git.repository import find_repository
from evenfall.git.snapshot import SnapshotRequest, take_snapshot
from tests.git.conftest import (
    checkout_of,
    clone,
    diverge,
    files_of,
    linked_worktree,
    modes_and_digests,
    start_conflicting_merge,
    take,
)
from tests.sample_project import SampleProject

STAGED = SnapshotRequest(kind="staged")


def test_the_tracked_files_are_taken_as_they_are_in_the_work_tree(repository: SampleProject) -> None:
    repository.write("page.txt", "two\n")
    repository.write("untracked.txt", "")
    (repository.root / "deep/er/file.txt").unlink()
    snapshot = take(repository)
    assert [each.path for each in snapshot.excluded] == ["untracked.txt"]
    assert snapshot.paths() == ("link", "page.txt", "tool.sh")
    assert files_of(snapshot) == {"page.txt": "two\n", "tool.sh": "#!/bin/sh\n", "link": "two\n"}


def test_a_clean_work_tree_is_the_tree_and_the_commit_of_head(repository: SampleProject) -> None:
    snapshot = take(repository)
    assert snapshot.tree == repository.git("rev-parse", "HEAD^{tree}").strip()
    assert snapshot.head == repository.git("rev-parse", "HEAD").strip()


def test_a_tree_gives_the_same_commit_in_another_repository(repository: SampleProject, tmp_path: Path) -> None:
    other = clone(repository, tmp_path / "clones/other")
    other.commit("more history")
    assert take(repository).commit == take(other).commit


def test_the_objects_of_the_repository_keep_their_times(repository: SampleProject) -> None:
    objects = [path for path in (repository.root / ".git/objects").rglob("*") if path.is_file()]
    # Git must read each file that is not older than the index.
    for path in (repository.root / ".git/index", *objects):
        os.utime(path, (1, 1))
    take(repository)
    assert {path.stat().st_mtime for path in objects} == {1}


def test_an_edit_outside_of_a_sparse_checkout_is_left_out_as_from_a_commit_of_all(repository: SampleProject) -> None:
    repository.git("sparse-checkout", "set", "other")
    repository.write("deep/er/file.txt", "outside\n")
    repository.write("page.txt", "two\n")
    snapshot = take(repository)
    repository.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--all", "-m", "all")
    assert snapshot.tree == repository.git("rev-parse", "HEAD^{tree}").strip()
    assert files_of(snapshot)["page.txt"] == "two\n"


def test_an_edit_of_the_same_size_in_the_same_second_is_noticed(repository: SampleProject) -> None:
    for number in range(5):
        repository.write("page.txt", f"{number}{number}{number}\n")
        repository.git("add", "page.txt")
        repository.write("page.txt", f"{number}-{number}\n")
        store = repository.root.with_name(f"store-{number}")
        store.mkdir()
        snapshot = take_snapshot(find_repository(repository.root), SnapshotRequest(), store)
        content = git(repository.root, "show", f"{snapshot.tree}:page.txt", env=alternates_variable(snapshot.store))
        assert content.text == f"{number}-{number}\n"


def test_the_staged_files_are_those_that_git_commit_would_take(repository: SampleProject) -> None:
    repository.write("page.txt", "staged\n")
    repository.git("add", "page.txt")
    repository.write("page.txt", "changed\n")
    repository.write("intended.txt", "x")
    repository.git("add", "--intent-to-add", "intended.txt")
    snapshot = take(repository, STAGED)
    assert {each.path for each in snapshot.excluded} == {"intended.txt", "page.txt"}
    files = files_of(snapshot)
    assert files["page.txt"] == "staged\n"
    assert "intended.txt" not in files


def test_a_file_added_with_intent_to_add_is_taken_and_listed(repository: SampleProject) -> None:
    repository.write("intended.txt", "x")
    repository.git("add", "--intent-to-add", "intended.txt")
    snapshot = take(repository)
    assert [each.path for each in snapshot.excluded] == ["intended.txt"]
    assert files_of(snapshot)["intended.txt"] == "x"


def test_the_committed_version_of_a_file_that_git_does_not_compare_is_taken(repository: SampleProject) -> None:
    repository.git("update-index", "--assume-unchanged", "page.txt")
    repository.git("update-index", "--skip-worktree", "tool.sh")
    repository.write("page.txt", "two\n")
    repository.write("tool.sh", "two\n")
    snapshot = take(repository)
    assert {each.path for each in snapshot.excluded} == {"page.txt", "tool.sh"}
    files = files_of(snapshot)
    assert (files["page.txt"], files["tool.sh"]) == ("one\n", "#!/bin/sh\n")


def test_a_changed_submodule_is_listed_and_its_folder_is_empty(
    repository: SampleProject, submodule: SampleProject
) -> None:
    submodule.write("inner.txt", "changed")
    snapshot = take(repository)
    assert [each.path for each in snapshot.excluded] == ["part"]
    assert [*(checkout_of(snapshot).root / "part").iterdir()] == []


def test_a_commit_is_taken_without_the_changes_of_the_work_tree(repository: SampleProject) -> None:
    repository.write("page.txt", "two\n")
    repository.commit("second")
    repository.write("page.txt", "three\n")
    repository.write("untracked.txt", "")
    snapshot = take(repository, SnapshotRequest(kind="commit", revision="HEAD~1"))
    assert snapshot.excluded == ()
    assert files_of(snapshot)["page.txt"] == "one\n"


def test_a_merge_onto_a_base_leaves_the_repository_as_it_was(repository: SampleProject) -> None:
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.write("topic.txt", "topic\n")
    repository.commit("topic")
    repository.git("checkout", "--quiet", "main")
    repository.write("base.txt", "base\n")
    repository.commit("base")
    repository.git("checkout", "--quiet", "topic")
    repository.write("topic.txt", "not committed\n")
    before = modes_and_digests(repository.root / ".git")
    files = files_of(take(repository, SnapshotRequest(onto="main")))
    assert (files["topic.txt"], files["base.txt"]) == ("not committed\n", "base\n")
    assert modes_and_digests(repository.root / ".git") == before


def test_a_conflict_with_the_base_is_an_error_that_names_the_files(repository: SampleProject) -> None:
    diverge(repository)
    with pytest.raises(EvenfallError, match=r"these files conflict: page\.txt\n  next: git merge topic") as caught:
        take(repository, SnapshotRequest(onto="topic"))
    assert caught.value.exit_code is Exit.USAGE


def test_a_conflict_of_folders_is_an_error_although_git_names_no_file(repository: SampleProject) -> None:
    """One side splits a folder in two, and the other adds a file to it."""
    for name in "ab":
        repository.write(f"z/{name}.txt", f"{name}\n" * 9)
    repository.commit("z")
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.write("z/new.txt", "new\n")
    repository.commit("new")
    repository.git("checkout", "--quiet", "main")
    for name, folder in (("a", "y"), ("b", "w")):
        (repository.root / folder).mkdir()
        repository.git("mv", f"z/{name}.txt", f"{folder}/{name}.txt")
    repository.commit("split")
    with pytest.raises(EvenfallError, match="onto topic: it conflicts"):
        take(repository, SnapshotRequest(onto="topic"))


@pytest.mark.parametrize(
    "request_",
    [
        SnapshotRequest(kind="commit", revision="nowhere"),
        SnapshotRequest(onto="nowhere"),
        SnapshotRequest(onto="--help"),
    ],
)
def test_a_missing_revision_is_an_error(repository: SampleProject, request_: SnapshotRequest) -> None:
    with pytest.raises(EvenfallError, match="no commit of that name") as caught:
        take(repository, request_)
    assert caught.value.exit_code is Exit.USAGE


def test_unmerged_paths_are_an_error_that_names_them(repository: SampleProject) -> None:
    start_conflicting_merge(repository)
    with pytest.raises(EvenfallError, match=r"page\.txt") as caught:
        take(repository)
    assert caught.value.exit_code is Exit.USAGE


def test_a_filter_cleans_the_files_and_does_not_smudge_them_in_a_checkout(repository: SampleProject) -> None:
    repository.write(".gitattributes", "*.big filter=fold\n")
    repository.git("config", "filter.fold.clean", "tr a-z A-Z")
    repository.git("config", "filter.fold.smudge", "tr A-Z a-z")
    repository.write("one.big", "content\n")
    repository.git("add", "--all")
    assert files_of(take(repository))["one.big"] == "CONTENT\n"


@pytest.mark.parametrize(
    "settings", [{}, {"core.splitIndex": "true"}, {"core.untrackedCache": "true"}, {"index.version": "4"}]
)
def test_a_snapshot_leaves_the_repository_byte_for_byte_as_it_was(
    repository: SampleProject, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        repository.git("config", name, value)
    repository.write("page.txt", "two\n")
    repository.git("add", "page.txt")
    repository.write("page.txt", "three\n")
    before = modes_and_digests(repository.root)
    assert files_of(take(repository))["page.txt"] == "three\n"
    assert modes_and_digests(repository.root) == before


def test_no_hook_of_the_user_runs(repository: SampleProject, tmp_path: Path) -> None:
    hook = repository.write(".git/hooks/post-index-change", f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    repository.write("page.txt", "two\n")
    take(repository)
    assert not (tmp_path / "ran").exists()


def test_a_linked_worktree_has_its_own_files(repository: SampleProject) -> None:
    linked = linked_worktree(repository)
    linked.write("page.txt", "linked\n")
    assert files_of(take(linked, folder=linked.root / "deep/er"))["page.txt"] == "linked\n"


def test_the_files_before_the_first_commit_are_taken(unborn: SampleProject) -> None:
    unborn.write("page.txt", "first\n")
    unborn.git("add", "--all")
    assert files_of(take(unborn)) == {"page.txt": "first\n"}


def test_a_shallow_clone_is_enough_and_its_history_ends_at_the_same_commit(
    repository: SampleProject, tmp_path: Path
) -> None:
    repository.commit("second")
    shallow = clone(repository, tmp_path / "clones/shallow", "--depth=1")
    assert checkout_of(take(shallow), history=True).git("log", "--format=%s").split() == ["second"]


def test_the_files_that_a_partial_clone_lacks_are_fetched_into_the_snapshots_folder(
    repository: SampleProject, tmp_path: Path
) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    partial = clone(repository, tmp_path / "clones/partial", "--filter=blob:none", "--no-checkout")
    before = modes_and_digests(partial.root)
    snapshot = take(partial, SnapshotRequest(kind="commit", revision="HEAD"))
    assert files_of(snapshot)["page.txt"] == "one\n"
    assert modes_and_digests(partial.root) == before


def test_objects_that_the_repository_borrows_are_in_a_checkout(repository: SampleProject, tmp_path: Path) -> None:
    lender = clone(repository, tmp_path / "clones/lender")
    borrower = SampleProject(tmp_path / "clones/borrower")
    lender.git("clone", "--quiet", "--shared", os.fspath(lender.root), os.fspath(borrower.root))
    assert files_of(take(borrower))["page.txt"] == "one\n"


def test_in_a_hook_the_index_of_the_commit_that_is_being_made_is_taken(
    repository: SampleProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("page.txt", "two\n")
    repository.git("add", "page.txt")
    (repository.root / ".git/index").rename(repository.root / ".git/next-index-1.lock")
    repository.git("read-tree", "HEAD")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    monkeypatch.chdir(repository.root)
    assert files_of(take(repository, STAGED))["page.txt"] == "two\n"


def test_the_variables_of_another_repositorys_hook_have_no_effect(
    repository: SampleProject, unborn: SampleProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    unborn.write("other.txt", "")
    unborn.commit()
    monkeypatch.setenv("GIT_DIR", os.fspath(unborn.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(unborn.root / ".git/index"))
    assert "page.txt" in files_of(take(repository))


def test_a_repository_without_tracked_files_is_an_error(repository: SampleProject, unborn: SampleProject) -> None:
    unborn.write("untracked.txt", "")
    repository.git("rm", "--quiet", "-r", ".")
    for empty in (unborn, repository):
        with pytest.raises(EvenfallError, match="git tracks no file") as caught:
            take_snapshot(find_repository(empty.root), SnapshotRequest(), empty.root / ".git/info")
        assert caught.value.exit_code is Exit.USAGE


@pytest.mark.parametrize(
    ("request_", "edited", "is_head"),
    [
        (SnapshotRequest(), False, True),
        (SnapshotRequest(), True, False),
        (STAGED, True, True),
        (SnapshotRequest(kind="commit", revision="HEAD"), True, True),
        (SnapshotRequest(kind="commit", revision="HEAD~1"), True, False),
    ],
)
def test_a_snapshot_knows_whether_git_push_would_push_it(
    repository: SampleProject, request_: SnapshotRequest, edited: bool, is_head: bool
) -> None:
    repository.write("page.txt", "second\n")
    repository.commit("second")
    if edited:
        repository.write("page.txt", "third\n")
    assert take(repository, request_).is_head is is_head


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (SnapshotRequest(), "the tracked files as they are"),
        (STAGED, "the staged files"),
        (SnapshotRequest(kind="commit", revision="HEAD~1", onto="main"), "HEAD~1, merged onto main"),
    ],
)
def test_a_request_describes_itself(request_: SnapshotRequest, text: str) -> None:
    assert str(request_) == text

"""A snapshot is what git would hand a runner, and taking it leaves no trace."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.alternates import alternates_variable
from evenfall.git.command import check_git_version, git
from evenfall.git.excluded_paths import find_ignored
from evenfall.git.repository import find_repository
from evenfall.git.snapshot import SnapshotRequest, take_snapshot
from tests.git.conftest import checkout_of, files_of, take
from tests.made_project import Made

STAGED = SnapshotRequest(kind="staged")

CREDENTIAL = "x" * 6


def everything(folder: Path) -> dict[str, tuple[int, str]]:
    """Each file's mode and digest."""
    return {
        os.fspath(path.relative_to(folder)): (path.lstat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_tracked_files_are_taken_as_they_are_and_untracked_ones_are_named(repository: Made) -> None:
    repository.write("page.txt", "two\n")
    repository.write("new.txt", "")
    (repository.root / "deep/er/file.txt").unlink()
    snapshot = take(repository)
    assert [(each.path, each.reason) for each in snapshot.excluded] == [("new.txt", "untracked")]
    assert files_of(snapshot) == {"page.txt": "two\n", "tool.sh": "#!/bin/sh\n", "link": "two\n"}


def test_modes_and_links_are_exact_and_a_clean_tree_is_that_of_head(repository: Made) -> None:
    snapshot = take(repository)
    assert snapshot.tree == repository.git("rev-parse", "HEAD^{tree}").strip()
    assert snapshot.head == repository.git("rev-parse", "HEAD").strip()


def test_the_same_tree_gives_the_same_commit_in_another_repository(repository: Made, tmp_path: Path) -> None:
    other = Made(tmp_path / "other" / "repo")
    other.root.parent.mkdir()
    repository.git("clone", "--quiet", os.fspath(repository.root), os.fspath(other.root))
    other.commit("and more history")
    assert take(repository).commit == take(other).commit


def test_an_edit_of_the_same_size_in_the_same_second_is_seen(repository: Made) -> None:
    for number in range(5):
        repository.write("page.txt", f"{number}{number}{number}\n")
        repository.git("add", "page.txt")
        repository.write("page.txt", f"{number}-{number}\n")
        store = repository.root.with_name(f"store-{number}")
        store.mkdir()
        snapshot = take_snapshot(find_repository(repository.root), SnapshotRequest(), store)
        shown = git(repository.root, "show", f"{snapshot.tree}:page.txt", env=alternates_variable(snapshot.store)).text
        assert shown == f"{number}-{number}\n"


def test_staged_is_what_a_commit_would_hold_and_names_what_has_changed_since(repository: Made) -> None:
    repository.write("page.txt", "staged\n")
    repository.git("add", "page.txt")
    repository.write("page.txt", "changed\n")
    repository.write("intended.txt", "x")
    repository.git("add", "--intent-to-add", "intended.txt")
    snapshot = take(repository, STAGED)
    assert {each.path: each.reason for each in snapshot.excluded} == {
        "page.txt": "changed since it was staged",
        "intended.txt": "only intended to be added",
    }
    found = files_of(snapshot)
    assert found["page.txt"] == "staged\n"
    assert "intended.txt" not in found


def test_what_is_intended_to_be_added_is_taken_and_named(repository: Made) -> None:
    repository.write("intended.txt", "x")
    repository.git("add", "--intent-to-add", "intended.txt")
    snapshot = take(repository)
    assert [each.reason for each in snapshot.excluded] == ["only intended to be added; taken as it is"]
    assert files_of(snapshot)["intended.txt"] == "x"


def test_what_git_was_told_not_to_look_at_is_named(repository: Made) -> None:
    repository.git("update-index", "--assume-unchanged", "page.txt")
    repository.git("update-index", "--skip-worktree", "tool.sh")
    repository.write("page.txt", "not seen\n")
    snapshot = take(repository)
    assert {each.path: each.reason.partition(" is set")[0] for each in snapshot.excluded} == {
        "page.txt": "assume-unchanged",
        "tool.sh": "skip-worktree",
    }
    assert files_of(snapshot)["page.txt"] == "one\n"


def test_a_changed_submodule_is_named(repository: Made, tmp_path: Path) -> None:
    inner = Made(tmp_path / "inner")
    inner.write("inner.txt", "")
    inner.git("init", "--quiet", "--initial-branch=main")
    inner.commit("inner")
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(inner.root), "part")
    repository.commit("with a part")
    repository.write("part/inner.txt", "changed")
    snapshot = take(repository)
    assert [(each.path, each.reason) for each in snapshot.excluded] == [("part", "a submodule with changes of its own")]
    assert (checkout_of(snapshot).root / "part").is_dir()


def test_a_commit_is_taken_whatever_lies_in_the_work_tree(repository: Made) -> None:
    repository.write("page.txt", "two\n")
    repository.commit("second")
    repository.write("page.txt", "three\n")
    snapshot = take(repository, SnapshotRequest(kind="commit", revision="HEAD~1"))
    assert snapshot.excluded == ()
    assert files_of(snapshot)["page.txt"] == "one\n"


def test_onto_a_base_is_the_merge_of_both_without_touching_a_branch(repository: Made) -> None:
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.write("topic.txt", "topic\n")
    repository.commit("topic")
    repository.git("checkout", "--quiet", "main")
    repository.write("base.txt", "base\n")
    repository.commit("base")
    repository.git("checkout", "--quiet", "topic")
    repository.write("topic.txt", "not committed\n")
    before = everything(repository.root / ".git")
    found = files_of(take(repository, SnapshotRequest(onto="main")))
    assert (found["topic.txt"], found["base.txt"]) == ("not committed\n", "base\n")
    assert everything(repository.root / ".git") == before


def test_files_that_conflict_with_the_base_are_named(repository: Made) -> None:
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.write("page.txt", "topic\n")
    repository.commit("topic")
    repository.git("checkout", "--quiet", "main")
    repository.write("page.txt", "base\n")
    repository.commit("base")
    with pytest.raises(EvenfallError, match=r"onto topic: these files conflict: page\.txt\n  next: git merge topic"):
        take(repository, SnapshotRequest(onto="topic"))


@pytest.mark.parametrize(
    "source",
    [
        SnapshotRequest(kind="commit", revision="nowhere"),
        SnapshotRequest(onto="nowhere"),
        SnapshotRequest(onto="--help"),
    ],
)
def test_a_revision_that_does_not_exist_is_named(repository: Made, source: SnapshotRequest) -> None:
    with pytest.raises(EvenfallError, match="no commit of that name") as caught:
        take(repository, source)
    assert caught.value.exit_code is Exit.USAGE


def test_unmerged_paths_are_an_error_that_names_them(repository: Made) -> None:
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.write("page.txt", "topic\n")
    repository.commit("topic")
    repository.git("checkout", "--quiet", "main")
    repository.write("page.txt", "main\n")
    repository.commit("main")
    repository.run("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "merge", "topic")
    with pytest.raises(EvenfallError, match=r"unmerged: page\.txt"):
        take(repository)


def test_a_filter_cleans_what_is_taken_and_smudges_nothing(repository: Made) -> None:
    repository.write(".gitattributes", "*.big filter=fold\n")
    repository.git("config", "filter.fold.clean", "tr a-z A-Z")
    repository.git("config", "filter.fold.smudge", "tr A-Z a-z")
    repository.write("one.big", "content\n")
    repository.git("add", "--all")
    assert files_of(take(repository))["one.big"] == "CONTENT\n"


@pytest.mark.parametrize(
    "settings", [{}, {"core.splitIndex": "true"}, {"core.untrackedCache": "true"}, {"index.version": "4"}]
)
def test_taking_it_leaves_the_repository_byte_for_byte_as_it_was(repository: Made, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        repository.git("config", name, value)
    repository.write("page.txt", "two\n")
    repository.git("add", "page.txt")
    repository.write("page.txt", "three\n")
    before = everything(repository.root)
    assert files_of(take(repository))["page.txt"] == "three\n"
    assert everything(repository.root) == before


def test_a_subdirectory_a_linked_worktree_and_a_detached_head_are_all_the_same(
    repository: Made, tmp_path: Path
) -> None:
    repository.git("worktree", "add", "--quiet", "--detach", os.fspath(tmp_path / "linked"))
    linked = Made(tmp_path / "linked")
    linked.write("page.txt", "linked\n")
    snapshot = take(linked, folder=linked.root / "deep/er")
    assert snapshot.repository.top == linked.root
    assert files_of(snapshot)["page.txt"] == "linked\n"


def test_a_branch_without_a_commit_has_its_files(tmp_path: Path) -> None:
    repository = Made(tmp_path / "unborn")
    repository.write("page.txt", "first\n")
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.git("add", "--all")
    assert files_of(take(repository)) == {"page.txt": "first\n"}


def test_a_shallow_clone_is_enough_and_its_history_ends_where_it_ends(repository: Made, tmp_path: Path) -> None:
    repository.write("page.txt", "two\n")
    repository.commit("second")
    clone = Made(tmp_path / "clones/shallow")
    clone.root.parent.mkdir()
    repository.git("clone", "--quiet", "--depth=1", f"file://{_as_url(repository.root)}", os.fspath(clone.root))
    snapshot = take(clone)
    assert snapshot.repository.is_shallow
    assert checkout_of(snapshot, history=True).git("log", "--format=%s").split() == ["second"]


def _as_url(path: Path) -> str:
    from urllib.parse import quote

    return quote(os.fspath(path))


def test_a_partial_clone_gets_what_it_lacks_into_the_runs_own_folder(repository: Made, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = Made(tmp_path / "clones/partial")
    clone.root.parent.mkdir()
    url = f"file://{_as_url(repository.root)}"
    repository.git("clone", "--quiet", "--filter=blob:none", "--no-checkout", url, os.fspath(clone.root))
    before = everything(clone.root)
    snapshot = take(clone, SnapshotRequest(kind="commit", revision="HEAD"))
    assert files_of(snapshot)["page.txt"] == "one\n"
    assert everything(clone.root) == before


def test_a_repository_that_borrows_objects_is_read_through(repository: Made, tmp_path: Path) -> None:
    lender, clone = Made(tmp_path / "clones/lender"), Made(tmp_path / "clones/borrowing")
    lender.root.parent.mkdir()
    repository.git("clone", "--quiet", os.fspath(repository.root), os.fspath(lender.root))
    lender.git("clone", "--quiet", "--shared", os.fspath(lender.root), os.fspath(clone.root))
    snapshot = take(clone)
    assert snapshot.repository.alternates == (lender.root / ".git/objects",)
    assert files_of(snapshot)["page.txt"] == "one\n"


def test_in_a_hook_the_index_that_is_being_committed_counts(repository: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("page.txt", "two\n")
    repository.git("add", "page.txt")
    index = repository.root / ".git/next-index-1.lock"
    (repository.root / ".git/index").rename(index)
    repository.git("read-tree", "HEAD")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    monkeypatch.chdir(repository.root)
    assert files_of(take(repository, STAGED))["page.txt"] == "two\n"


def test_another_repositorys_hook_does_not_reach_in(
    repository: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Made(tmp_path / "other")
    other.write("other.txt", "")
    other.git("init", "--quiet", "--initial-branch=main")
    other.commit("other")
    monkeypatch.setenv("GIT_DIR", os.fspath(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(other.root / ".git/index"))
    assert "page.txt" in files_of(take(repository))


@pytest.mark.parametrize("bare", [True, False])
def test_a_bare_and_an_empty_repository_are_errors_that_say_so(tmp_path: Path, bare: bool) -> None:
    repository = Made(tmp_path / "empty")
    repository.root.mkdir()
    repository.git("init", "--quiet", *(["--bare"] if bare else []))
    says = "a bare repository has no work tree" if bare else "git tracks no file here"
    with pytest.raises(EvenfallError, match=says) as caught:
        take(repository)
    assert caught.value.exit_code is Exit.USAGE


def test_a_repository_whose_last_file_was_removed_tracks_none(repository: Made) -> None:
    repository.git("rm", "--quiet", "-r", ".")
    with pytest.raises(EvenfallError, match="git tracks no file here"):
        take(repository)


def test_an_older_git_is_told_which_option_needs_which() -> None:
    with pytest.raises(EvenfallError, match=r"git \d+\.\d+: --onto needs git 99\.0 or newer"):
        check_git_version((99, 0), "--onto")


def test_a_git_without_a_version_could_not_be_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\necho no number\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", os.fspath(tmp_path), prepend=os.pathsep)
    with pytest.raises(EvenfallError, match="its version can't be read") as caught:
        check_git_version((2, 31), "evenfall run")
    assert caught.value.exit_code is Exit.UNKNOWN


def test_what_is_ignored_is_found_when_asked_for(repository: Made) -> None:
    repository.write(".gitignore", "*.log\nbuild/\n")
    repository.write("a.log", "")
    repository.write("build/x", "")
    assert {each.path for each in find_ignored(find_repository(repository.root))} == {"a.log", "build/"}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"https://me:{CREDENTIAL}@github.com/owner/lamp.git", "lamp"),
        (f"https://me:p@{CREDENTIAL}@github.com/owner/lamp.git", "lamp"),
        ("git@github.com:owner/lamp.git", "lamp"),
        ("/some/where/lamp/", "lamp"),
        ("", "folder"),
        ("https://example.org/..", "folder"),
    ],
)
def test_a_checkout_lies_in_a_folder_of_the_repositorys_name(tmp_path: Path, url: str, name: str) -> None:
    repository = Made(tmp_path / "folder")
    repository.root.mkdir()
    repository.git("init", "--quiet")
    if url:
        repository.git("remote", "add", "origin", url)
    found = find_repository(repository.root)
    assert found.name == name
    assert CREDENTIAL not in found.origin


def test_folders_that_conflict_with_the_base_are_a_conflict_though_git_names_no_file(repository: Made) -> None:
    """One side has split a folder in two, the other has put a file into it."""
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
    with pytest.raises(EvenfallError, match=r"onto topic: it conflicts\n  next: git merge topic"):
        take(repository, SnapshotRequest(onto="topic"))


@pytest.mark.parametrize(
    ("source", "edited", "is_head"),
    [
        (SnapshotRequest(), False, True),
        (SnapshotRequest(), True, False),
        (SnapshotRequest(kind="staged"), True, True),
        (SnapshotRequest(kind="commit", revision="HEAD"), True, True),
        (SnapshotRequest(kind="commit", revision="HEAD~1"), True, False),
    ],
)
def test_it_is_known_whether_a_push_would_push_it(
    repository: Made, source: SnapshotRequest, edited: bool, is_head: bool
) -> None:
    repository.write("page.txt", "second\n")
    repository.commit("second")
    if edited:
        repository.write("page.txt", "third\n")
    assert take(repository, source).is_head is is_head


def test_no_hook_of_the_users_runs_while_it_is_take(repository: Made, tmp_path: Path) -> None:
    hook = repository.write(".git/hooks/post-index-change", f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    repository.write("page.txt", "two\n")
    take(repository)
    assert not (tmp_path / "ran").exists()

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.command import git
from evenfall.git.commits import commit_time
from evenfall.git.detached_head import detached_head
from evenfall.git.repository import find_top
from evenfall.git.tracked import tracked_files
from tests.made_project import Made

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names and no shell scripts")


@pytest.fixture
def repository(tmp_path: Path) -> Made:
    """A repository with one commit, in a folder whose name is as hard as names get."""
    made = Made(tmp_path / 'it\'s a "hard" näme')
    made.write("a.txt", "a\n")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit()
    return made


def contents(root: Path) -> dict[Path, bytes]:
    """Every file below, as bytes."""
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def seen(made: Made, variables: dict[str, str], *arguments: str) -> str:
    done = made.run("git", *arguments, env=variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_on_no_branch_git_sees_the_same_files_and_the_same_commit(repository: Made) -> None:
    repository.write("a.txt", "changed\n")
    with detached_head(repository.root) as variables:
        assert seen(repository, variables, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
        assert seen(repository, variables, "branch", "--show-current") == ""
        assert seen(repository, variables, "rev-parse", "HEAD") == repository.git("rev-parse", "HEAD").strip()
        assert seen(repository, variables, "status", "--porcelain") == "M a.txt"


def test_what_is_staged_on_no_branch_leaves_the_repository_byte_for_byte_as_it_was(repository: Made) -> None:
    before = contents(repository.root / ".git")
    with detached_head(repository.root) as variables:
        seen(repository, variables, "update-index", "--refresh")
        seen(repository, variables, "rm", "--quiet", "--cached", "a.txt")
        assert seen(repository, variables, "ls-files") == ""
    assert contents(repository.root / ".git") == before
    assert not Path(variables["GIT_DIR"]).exists()


def test_from_a_folder_below_the_whole_work_tree_is_seen(repository: Made) -> None:
    repository.write("below/b.txt", "b\n")
    repository.commit()
    with detached_head(repository.root / "below") as variables:
        assert seen(repository, variables, "status", "--porcelain") == ""


def test_a_linked_worktree_keeps_its_own_index(repository: Made) -> None:
    linked = Made(repository.root.parent / "linked tree")
    repository.git("worktree", "add", "--quiet", "-b", "other", str(linked.root))
    linked.write("b.txt", "b\n")
    linked.git("add", "b.txt")
    with detached_head(linked.root) as variables:
        assert seen(linked, variables, "branch", "--show-current") == ""
        assert seen(linked, variables, "status", "--porcelain") == "A  b.txt"


def test_a_split_index_is_seen_whole(repository: Made) -> None:
    repository.git("update-index", "--split-index")
    with detached_head(repository.root) as variables:
        assert seen(repository, variables, "ls-files") == "a.txt"


def test_in_a_hook_the_index_that_is_being_committed_counts(repository: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    other = repository.root / ".git" / "next-index"
    repository.write("b.txt", "b\n")
    repository.run("git", "add", "b.txt", env={"GIT_INDEX_FILE": os.fspath(other)})
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(other))
    with detached_head(repository.root) as variables:
        assert seen(repository, variables, "ls-files") == "b.txt"
        seen(repository, variables, "rm", "--quiet", "--cached", "b.txt")
    assert repository.run("git", "ls-files", env={"GIT_INDEX_FILE": os.fspath(other)}).stdout == "b.txt\n"


def test_a_clone_without_a_checkout_has_no_index_to_copy(repository: Made) -> None:
    clone = Made(repository.root.parent / "clone")
    repository.git("clone", "--quiet", "--no-checkout", str(repository.root), str(clone.root))
    with detached_head(clone.root) as variables:
        assert seen(clone, variables, "ls-files") == ""


def test_an_unborn_branch_stays_as_it_is(tmp_path: Path) -> None:
    made = Made(tmp_path)
    made.git("init", "--quiet")
    with detached_head(tmp_path) as variables:
        assert variables == {}
    assert commit_time(tmp_path) is None


def test_a_commit_has_a_time(repository: Made) -> None:
    assert commit_time(repository.root) == int(repository.git("log", "-1", "--format=%ct"))


@POSIX
def test_tracked_files_are_those_that_git_would_hand_on_and_that_are_there(repository: Made) -> None:
    for path in ("tab\tand\rreturn.txt", "ü.txt", "gone.txt", "src/c.txt"):
        repository.write(path, path)
    repository.commit()
    (repository.root / "gone.txt").unlink()
    repository.write("untracked.txt", "")
    assert set(tracked_files(repository.root)) == {"a.txt", "tab\tand\rreturn.txt", "ü.txt", "src/c.txt"}
    assert tracked_files(repository.root / "src") == ("c.txt",)


def test_a_path_that_is_not_merged_is_one_file(repository: Made) -> None:
    repository.git("checkout", "--quiet", "-b", "other")
    repository.write("a.txt", "other\n")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("a.txt", "main\n")
    repository.commit()
    repository.run("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "merge", "other")
    assert repository.git("ls-files", "--unmerged")
    assert tracked_files(repository.root) == ("a.txt",)


def test_the_top_is_found_from_below(repository: Made) -> None:
    repository.write("deep/down/b.txt", "")
    assert find_top(repository.root / "deep" / "down") == repository.root.resolve()


def test_outside_of_a_repository_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", os.fspath(tmp_path.parent))
    with pytest.raises(EvenfallError, match=r": not a git repository\n") as caught:
        find_top(tmp_path)
    assert caught.value.hint == "git init"


@POSIX
def test_git_is_understood_in_any_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that speaks the user's language unless it is told otherwise, as a translated one does."""
    speaking = tmp_path / "git"
    speaking.write_text(
        "#!/bin/sh\n[ \"$LC_ALL\" = C ] && echo 'fatal: not a git repository' >&2 || echo 'Kein Git-Repository' >&2\nexit 128\n",
        encoding="utf-8",
    )
    speaking.chmod(0o755)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    with pytest.raises(EvenfallError, match=r": not a git repository\n"):
        find_top(tmp_path)


def test_what_else_git_refuses_is_said_in_its_words(repository: Made) -> None:
    with pytest.raises(EvenfallError, match=r"^git rev-parse: fatal: Needed a single revision") as caught:
        git(repository.root, "rev-parse", "--verify", "nothing")
    assert caught.value.exit_code == Exit.USAGE
    repository.write("a.txt", "changed\n")
    with pytest.raises(EvenfallError, match=r"^git diff: it failed"):
        git(repository.root, "-c", "color.ui=never", "diff", "--quiet")


def test_without_git_it_can_not_be_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(EvenfallError, match=r"^git: not found on PATH") as caught:
        git(tmp_path, "status")
    assert caught.value.exit_code == Exit.UNKNOWN


def test_in_a_hook_another_folder_is_another_repository(
    repository: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git tells a hook where its repository and its index are; what is done elsewhere must not land there."""
    before = repository.git("ls-files", "--stage")
    monkeypatch.setenv("GIT_DIR", str(repository.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository.root / ".git" / "index"))
    other = tmp_path / "other"
    other.mkdir()
    (other / "new.txt").write_text("new\n", encoding="utf-8")
    git(other, "init", "--quiet")
    git(other, "add", "--all")
    assert git(other, "ls-files").text == "new.txt\n"
    monkeypatch.undo()
    assert repository.git("ls-files", "--stage") == before

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commit_history import CommitHistory, commit_history
from evenfall.git.repository import find_repository
from tests.git.conftest import clone, linked_worktree, modes_and_digests, start_conflicting_merge
from tests.sample_project import SampleProject


def files_in(history: CommitHistory, commit: str) -> dict[str, str]:
    """The paths of a commit with their contents, read from the temporary repository."""
    bare = SampleProject(history.folder)
    paths = bare.git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")[:-1]
    return {path: bare.git("show", f"{commit}:{path}") for path in paths}


def uncommitted_files(repository: SampleProject) -> dict[str, str]:
    """The work tree's files in the temporary commit, none of which differs in the index."""
    with commit_history(find_repository(repository.root)) as history:
        return files_in(history, history.uncommitted[0])


def test_all_commits_are_listed_oldest_first(repository: SampleProject) -> None:
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side")
    repository.git("checkout", "--quiet", "main")
    repository.commit("second")
    repository.git("merge", "--quiet", "--no-ff", "-m", "merge", "side")
    with commit_history(find_repository(repository.root)) as history:
        assert set(history.commits) == set(repository.git("rev-list", "HEAD").split())
        assert history.commits[-1] == repository.git("rev-parse", "HEAD").strip()
        assert [history.positions[commit] for commit in history.commits] == [0, 1, 2, 3]
        listed = SampleProject(history.folder).git("rev-list", *history.tips).split()
        assert sorted(listed) == sorted((*history.commits, *history.uncommitted))
    assert not history.folder.exists()


def test_the_work_tree_and_a_different_index_are_a_temporary_commit_each(repository: SampleProject) -> None:
    repository.write(".gitignore", "*.log\n")
    repository.write("page.txt", "staged\n")
    repository.git("add", "--all")
    repository.write("page.txt", "edited\n")
    repository.write("new.txt", "new\n")
    repository.write("a.log", "ignored\n")
    before = modes_and_digests(repository.root)
    with commit_history(find_repository(repository.root)) as history:
        work_tree, staged = (files_in(history, commit) for commit in history.uncommitted)
    assert (work_tree["page.txt"], staged["page.txt"]) == ("edited\n", "staged\n")
    assert work_tree.keys() - staged.keys() == {"new.txt"}
    assert "a.log" not in work_tree
    assert modes_and_digests(repository.root) == before


def test_a_clean_work_tree_is_one_temporary_commit(repository: SampleProject) -> None:
    with commit_history(find_repository(repository.root)) as history:
        assert len(history.uncommitted) == 1


def test_a_split_index_is_read_and_none_is_written_beside_it(repository: SampleProject) -> None:
    repository.git("config", "core.splitIndex", "true")
    repository.write("page.txt", "two\n")
    repository.git("add", "page.txt")
    before = modes_and_digests(repository.root)
    assert uncommitted_files(repository)["page.txt"] == "two\n"
    assert modes_and_digests(repository.root) == before


def test_a_repository_before_its_first_commit_has_its_files(unborn: SampleProject) -> None:
    unborn.write("page.txt", "one\n")
    with commit_history(find_repository(unborn.root)) as history:
        assert history.commits == ()
        assert files_in(history, history.uncommitted[0]) == {"page.txt": "one\n"}


def test_files_that_git_does_not_compare_are_in_the_temporary_commits(repository: SampleProject) -> None:
    repository.git("update-index", "--assume-unchanged", "page.txt")
    repository.git("update-index", "--skip-worktree", "tool.sh", "deep/er/file.txt")
    repository.write("page.txt", "two\n")
    repository.write("tool.sh", "two\n")
    (repository.root / "deep/er/file.txt").unlink()
    flags = repository.git("ls-files", "-v")
    with commit_history(find_repository(repository.root)) as history:
        work_tree, staged = (files_in(history, commit) for commit in history.uncommitted)
    assert (work_tree["page.txt"], work_tree["tool.sh"]) == ("two\n", "two\n")
    assert staged["deep/er/file.txt"] == "deep\n"
    assert repository.git("ls-files", "-v") == flags


def test_files_outside_a_sparse_checkout_are_in_the_temporary_commits(repository: SampleProject) -> None:
    repository.write("inside/file.txt", "inside\n")
    repository.commit()
    repository.git("sparse-checkout", "set", "inside")
    repository.write("deep/new.txt", "new\n")
    with commit_history(find_repository(repository.root)) as history:
        work_tree, staged = (files_in(history, commit) for commit in history.uncommitted)
    assert work_tree["deep/new.txt"] == "new\n"
    assert staged["deep/er/file.txt"] == "deep\n"
    assert not (repository.root / "deep/er/file.txt").exists()


def test_an_unmerged_file_is_read_with_its_conflict_markers(repository: SampleProject) -> None:
    start_conflicting_merge(repository)
    assert "<<<<<<<" in uncommitted_files(repository)["page.txt"]


def test_line_ends_that_core_safecrlf_refuses_are_read(repository: SampleProject) -> None:
    repository.git("config", "core.autocrlf", "input")
    repository.git("config", "core.safecrlf", "true")
    repository.write("new.txt", "new\r\n")
    assert "new.txt" in uncommitted_files(repository)


def test_grafts_and_replacements_hide_no_commit(repository: SampleProject) -> None:
    for message in ("second", "third"):
        repository.commit(message)
    commits = repository.git("rev-list", "HEAD").split()
    repository.git("replace", "--graft", "HEAD")
    repository.write(".git/info/grafts", f"{commits[0]}\n")
    with commit_history(find_repository(repository.root)) as history:
        assert [*history.commits] == commits[::-1]
        assert SampleProject(history.folder).git("rev-list", commits[0]).split() == commits


def test_nested_repositories_are_listed_and_not_read(repository: SampleProject) -> None:
    for name in ("empty", "full"):
        (repository.root / name).mkdir()
        SampleProject(repository.root / name).git("init", "--quiet")
    SampleProject(repository.root / "full").write("file.txt", "")
    SampleProject(repository.root / "full").commit()
    repository.write("new.txt", "new\n")
    with commit_history(find_repository(repository.root)) as history:
        assert history.nested_repositories == ("empty/", "full/")
        added = files_in(history, history.uncommitted[0]).keys()
    assert {path for path in added if path.startswith(("empty", "full", "new"))} == {"new.txt"}


def test_a_linked_worktree_has_the_same_commits(repository: SampleProject) -> None:
    with commit_history(find_repository(linked_worktree(repository).root)) as history:
        assert [*history.commits] == repository.git("rev-list", "HEAD").split()


def test_a_sha256_repository_is_read(tmp_path: Path) -> None:
    repository = SampleProject(tmp_path / "lamp")
    repository.write("page.txt", "one\n")
    repository.git("init", "--quiet", "--object-format=sha256")
    repository.commit()
    assert uncommitted_files(repository) == {"page.txt": "one\n"}


def test_a_shallow_clone_is_unknown(repository: SampleProject, tmp_path: Path) -> None:
    repository.commit("second")
    shallow = clone(repository, tmp_path / "shallow", "--depth=1")
    with pytest.raises(EvenfallError) as caught, commit_history(find_repository(shallow.root)):
        pass
    assert caught.value.exit_code is Exit.UNKNOWN


def test_a_missing_commit_is_an_error_and_not_an_empty_history(repository: SampleProject) -> None:
    repository.commit("second")
    missing = repository.git("rev-parse", "HEAD~1").strip()
    shutil.rmtree(repository.root / ".git/objects" / missing[:2])
    with pytest.raises(EvenfallError), commit_history(find_repository(repository.root)):
        pass


def test_a_file_that_git_can_not_add_is_an_error(repository: SampleProject) -> None:
    repository.git("config", "add.ignoreErrors", "true")
    repository.git("config", "filter.broken.clean", "false")
    repository.git("config", "filter.broken.required", "true")
    repository.write(".gitattributes", "*.bin filter=broken\n")
    repository.write("new.bin", "")
    with pytest.raises(EvenfallError), commit_history(find_repository(repository.root)):
        pass

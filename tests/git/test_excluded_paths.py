from __future__ import annotations

import pytest

from evenfall.git.excluded_paths import IGNORED, UNTRACKED, ExcludedPath, find_excluded, find_ignored
from evenfall.git.repository import find_repository
from tests.git.conftest import start_conflicting_merge
from tests.sample_project import SampleProject


def excluded(repository: SampleProject, *, staged: bool = False) -> set[str]:
    """The excluded paths; each has a reason, and those of different kinds have different reasons."""
    found = find_excluded(find_repository(repository.root), staged=staged)
    assert all(each.reason for each in found)
    assert len({each.reason for each in found}) == len(found)
    return {each.path for each in found}


def test_a_clean_work_tree_has_no_excluded_path(repository: SampleProject) -> None:
    assert excluded(repository) == set()


def test_an_untracked_folder_is_one_path(repository: SampleProject) -> None:
    repository.write("new/a.txt", "")
    repository.write("new/b.txt", "")
    found = find_excluded(find_repository(repository.root), staged=False)
    assert found == (ExcludedPath("new/", UNTRACKED),)


def test_ignored_paths_are_found_separately(repository: SampleProject) -> None:
    repository.write(".git/info/exclude", "*.log\n")
    repository.write("a.log", "")
    assert excluded(repository) == set()
    assert find_ignored(find_repository(repository.root)) == (ExcludedPath("a.log", IGNORED),)


@pytest.mark.parametrize(("staged", "paths"), [(False, {"intended.txt"}), (True, {"intended.txt", "page.txt"})])
def test_an_unstaged_change_is_excluded_from_the_staged_files(
    repository: SampleProject, staged: bool, paths: set[str]
) -> None:
    repository.write("page.txt", "staged\n")
    repository.write("tool.sh", "staged\n")
    repository.git("add", "--all")
    repository.write("page.txt", "changed\n")
    repository.write("intended.txt", "x")
    repository.git("add", "--intent-to-add", "intended.txt")
    assert excluded(repository, staged=staged) == paths


def test_files_that_git_does_not_compare_are_excluded(repository: SampleProject) -> None:
    repository.git("update-index", "--assume-unchanged", "page.txt")
    repository.git("update-index", "--skip-worktree", "tool.sh")
    assert excluded(repository) == {"page.txt", "tool.sh"}


def test_a_submodule_is_excluded_if_it_has_changes(repository: SampleProject, submodule: SampleProject) -> None:
    assert excluded(repository) == set()
    submodule.write("inner.txt", "changed")
    assert excluded(repository) == {"part"}


def test_an_unmerged_file_is_not_excluded(repository: SampleProject) -> None:
    start_conflicting_merge(repository)
    assert excluded(repository) == set()

from __future__ import annotations

from pathlib import Path

from evenfall.git.private_index import make_private_index
from evenfall.git.repository import find_repository
from tests.git.conftest import modes_and_digests, start_conflicting_merge
from tests.sample_project import SampleProject


def test_an_index_is_staged_and_committed_without_a_trace_in_the_repository(
    repository: SampleProject, tmp_path: Path
) -> None:
    repository.write("new.txt", "new\n")
    before = modes_and_digests(repository.root)
    index = make_private_index(find_repository(repository.root), tmp_path)
    index.git("add", "--all")
    commit = index.commit(index.write_tree(), repository.git("rev-parse", "HEAD").strip())
    assert index.git("show", f"{commit}:new.txt").text == "new\n"
    assert index.git("rev-list", "--count", commit).line == "2"
    assert modes_and_digests(repository.root) == before


def test_a_commit_depends_on_its_tree_and_its_parents_only(repository: SampleProject, tmp_path: Path) -> None:
    names = set()
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        index = make_private_index(find_repository(repository.root), folder)
        names.add(index.commit(index.write_tree()))
        repository.git("config", "user.name", folder.name)
        repository.git("config", "i18n.commitEncoding", "latin-1")
    assert len(names) == 1


def test_the_index_of_an_unborn_branch_is_empty(unborn: SampleProject, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    index = make_private_index(find_repository(unborn.root), tmp_path / "folder")
    assert index.git("ls-files").text == ""


def test_unmerged_paths_are_listed_once(repository: SampleProject, tmp_path: Path) -> None:
    start_conflicting_merge(repository)
    assert make_private_index(find_repository(repository.root), tmp_path).unmerged_paths() == ("page.txt",)


def test_lfs_writes_its_objects_into_the_folder_of_the_index(repository: SampleProject, tmp_path: Path) -> None:
    index = make_private_index(find_repository(repository.root), tmp_path)
    assert index.git("config", "--get", "lfs.storage").line == str(tmp_path / "lfs")

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.git.project_copy import commits_of_files, copy_tracked_files, scratch_copy
from tests.git.conftest import clone, start_conflicting_merge
from tests.sample_project import SampleProject

TIME = 1_000_000_000


@pytest.fixture
def repository(repository: SampleProject) -> SampleProject:
    """A repository in a folder without a line break in its name, which `git clone --shared` does not support."""
    return SampleProject(repository.root.rename(repository.root.with_name("ä 'quoted' \"na:me\\")))


def names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_a_copy_has_the_tracked_files_as_they_are_and_the_tags(repository: SampleProject, tmp_path: Path) -> None:
    repository.write(".gitignore", "ignored.txt\n")
    repository.commit()
    repository.git("tag", "v1")
    repository.write("page.txt", "changed\n")
    repository.write("ignored.txt", "")
    repository.write("untracked.txt", "")
    (repository.root / "tool.sh").unlink()
    copy = SampleProject(copy_tracked_files(repository.root, tmp_path / "copy"))
    assert names(copy.root) == {".git", ".gitignore", "deep", "link", "page.txt"}
    assert copy.read("page.txt") == "changed\n"
    assert copy.git("describe", "--tags", "--dirty").strip() == "v1-dirty"


def test_a_copy_of_a_clean_repository_is_clean(repository: SampleProject, tmp_path: Path) -> None:
    copy = SampleProject(copy_tracked_files(repository.root, tmp_path / "copy", time=TIME))
    assert copy.git("status", "--porcelain") == ""


def test_a_copy_without_history_has_one_commit_and_no_tag(repository: SampleProject, tmp_path: Path) -> None:
    repository.git("tag", "v1")
    repository.git("branch", "other")
    repository.commit("second")
    repository.write("page.txt", "changed\n")
    copy = SampleProject(copy_tracked_files(repository.root, tmp_path / "copy", history=False))
    assert copy.git("rev-list", "--all") == repository.git("rev-parse", "HEAD")
    assert (copy.git("tag"), copy.git("diff", "--cached", "--name-only")) == ("", "page.txt\n")


def test_the_conversion_of_files_is_that_of_the_repository(repository: SampleProject, tmp_path: Path) -> None:
    """A tool that compares the files with the index calls a version dirty."""
    repository.write(".gitattributes", "*.utf working-tree-encoding=UTF-16\n")
    repository.git("config", "filter.upper.clean", "tr a-z A-Z")
    repository.git("config", "filter.upper.smudge", "tr A-Z a-z")
    repository.git("config", "core.autocrlf", "true")
    repository.write(".git/info/attributes", "loud.txt filter=upper\n")
    (repository.root / "wide.utf").write_bytes("ä\n".encode("utf-16"))
    repository.write("loud.txt", "loud\n")
    repository.write("odd\nname", "")
    (repository.root / "line.txt").write_bytes(b"one\r\n")
    repository.commit()
    copy = SampleProject(copy_tracked_files(repository.root, tmp_path / "copy"))
    assert (copy.root / "line.txt").read_bytes() == b"one\r\n"
    assert (copy.read("loud.txt"), copy.git("show", "HEAD:loud.txt")) == ("loud\n", "LOUD\n")
    assert copy.git("diff", "--name-only") == ""
    assert (copy.root / "odd\nname").is_file()


def test_a_file_that_git_cannot_convert_stays_as_it_is_committed(repository: SampleProject, tmp_path: Path) -> None:
    repository.write("page.utf", "not UTF-16")
    repository.commit()
    repository.write(".gitattributes", "*.utf working-tree-encoding=UTF-16\n")
    repository.git("add", ".gitattributes")
    copy = SampleProject(copy_tracked_files(repository.root, tmp_path / "copy"))
    assert copy.read("page.utf") == "not UTF-16"
    assert copy.git("diff", "--cached", "--name-only") == ".gitattributes\n"


def test_the_copy_of_a_sparse_checkout_of_a_partial_clone_is_complete(
    repository: SampleProject, tmp_path: Path
) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    sparse = clone(repository, tmp_path / "sparse", "--filter=blob:none", "--no-checkout")
    sparse.git("sparse-checkout", "set", "--no-cone", "/page.txt")
    sparse.git("checkout", "--quiet", "main")
    sparse.git("update-index", "--assume-unchanged", "page.txt")
    sparse.write("page.txt", "changed\n")
    assert names(sparse.root) == {".git", "page.txt"}
    copy = SampleProject(copy_tracked_files(sparse.root, tmp_path / "copy"))
    assert names(copy.root) == {".git", "deep", "link", "page.txt", "tool.sh"}
    assert (copy.read("page.txt"), copy.git("status", "--porcelain")) == ("one\n", "")


@pytest.mark.usefixtures("submodule")
def test_a_submodule_is_empty_as_in_a_runners_checkout(repository: SampleProject, tmp_path: Path) -> None:
    copy = SampleProject(copy_tracked_files(repository.root, tmp_path / "copy"))
    assert (names(copy.root / "part"), copy.git("status", "--porcelain")) == (set(), "")


def test_an_unmerged_file_is_copied_as_it_is(repository: SampleProject, tmp_path: Path) -> None:
    start_conflicting_merge(repository)
    copy = SampleProject(copy_tracked_files(repository.root, tmp_path / "copy"))
    assert copy.read("page.txt").startswith("<<<<<<< ")
    assert copy.git("ls-files", "--unmerged") == ""


def test_a_staged_file_of_a_shallow_clone_is_copied(repository: SampleProject, tmp_path: Path) -> None:
    repository.commit("second")
    shallow = clone(repository, tmp_path / "shallow", "--depth=1")
    shallow.write("staged.txt", "staged\n")
    shallow.git("add", "staged.txt")
    copy = SampleProject(copy_tracked_files(shallow.root, tmp_path / "copy"))
    assert copy.git("show", ":staged.txt") == "staged\n"


def test_a_copy_before_the_first_commit_is_a_repository_too(unborn: SampleProject, tmp_path: Path) -> None:
    unborn.write("page.txt", "")
    unborn.write("untracked.txt", "")
    unborn.git("add", "page.txt")
    copy = SampleProject(copy_tracked_files(unborn.root, tmp_path / "copy"))
    assert copy.git("ls-files").split() == ["page.txt"]


def test_links_stay_links_and_modes_follow_the_umask_as_in_a_checkout(
    repository: SampleProject, tmp_path: Path
) -> None:
    (repository.root / "to_folder").symlink_to("deep")
    (repository.root / "to_nothing").symlink_to("nothing")
    repository.commit()
    previous = os.umask(0o077)
    try:
        copy = copy_tracked_files(repository.root, tmp_path / "copy", time=TIME)
    finally:
        os.umask(previous)
    links = {"link": "page.txt", "to_folder": "deep", "to_nothing": "nothing"}
    assert {name: str((copy / name).readlink()) for name in links} == links
    assert (copy / "page.txt").stat().st_mode & 0o777 == 0o600
    assert (copy / "tool.sh").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("time", "expected"), [(None, 5), (TIME, TIME)])
def test_files_keep_their_time_unless_another_is_given(
    repository: SampleProject, tmp_path: Path, time: int | None, expected: int
) -> None:
    os.utime(repository.root / "page.txt", (5, 5))
    copy = copy_tracked_files(repository.root, tmp_path / "copy", time=time)
    assert (copy / "page.txt").stat().st_mtime == expected


def test_a_project_in_a_folder_of_a_repository_is_copied_without_the_rest(
    repository: SampleProject, tmp_path: Path
) -> None:
    copy = copy_tracked_files(repository.root / "deep", tmp_path / "copy")
    assert names(copy) == {".git", "er"}


def test_a_scratch_copy_has_untracked_files_too_and_is_temporary(repository: SampleProject) -> None:
    repository.write(".git/info/exclude", "ignored.txt\n")
    repository.write("ignored.txt", "")
    repository.write("untracked.txt", "")
    with scratch_copy(repository.root) as copy:
        assert copy.name == repository.root.name
        assert names(copy) == {".git", "deep", "link", "page.txt", "tool.sh", "untracked.txt"}
        assert SampleProject(copy).git("log", "--format=%s").split() == ["first"]
    assert not copy.exists()


def test_a_scratch_copy_of_a_folder_outside_a_repository_is_empty(outside: Path) -> None:
    (outside / "file.txt").touch()
    with scratch_copy(outside) as copy:
        assert names(copy) == {".git"}


def test_commits_of_other_contents_leave_the_work_tree_and_the_repository_as_they_are(
    repository: SampleProject,
) -> None:
    before = repository.git("status", "--porcelain"), repository.git("rev-parse", "HEAD")
    content = b"\0\r\n\xff"
    with commits_of_files(repository.root, {"page.txt": b"old\n"}, {"page.txt": content, "new.txt": b""}) as (
        folder,
        base,
        head,
    ):
        copy = SampleProject(folder)
        assert copy.read("page.txt") == repository.read("page.txt")
        assert copy.git("diff", "--name-only", base, head).split() == ["new.txt", "page.txt"]
        assert copy.git("show", f"{base}:page.txt") == "old\n"
        assert copy.git("cat-file", "-s", f"{head}:page.txt").strip() == str(len(content))
    assert not folder.exists()
    assert (repository.git("status", "--porcelain"), repository.git("rev-parse", "HEAD")) == before

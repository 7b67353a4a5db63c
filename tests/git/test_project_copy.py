from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.git.project_copy import commits_of_files, copy_tracked_files, scratch_copy
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

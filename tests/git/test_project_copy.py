from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from evenfall.git.project_copy import copy_tracked_files
from tests.made_project import Made


@pytest.fixture
def repository(tmp_path: Path) -> Made:
    made = Made(tmp_path / "one")
    made.root.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    made.write("plain.txt", "committed\n")
    made.write("folder/program", "#!/bin/sh\n").chmod(0o755)
    made.write(".gitignore", "ignored.txt\n")
    return made


def test_a_copy_holds_what_is_tracked_as_it_is_now_with_other_times_and_tags(repository: Made, tmp_path: Path) -> None:
    repository.write("gone.txt", "gone\n")
    repository.commit()
    repository.git("tag", "v1")
    repository.write("plain.txt", "changed\n")
    repository.write("ignored.txt", "ignored\n")
    repository.write("untracked.txt", "untracked\n")
    (repository.root / "gone.txt").unlink()
    other = Made(copy_tracked_files(repository.root, tmp_path / "other", time=1_000_000_000))
    assert {path.name for path in other.root.iterdir()} == {".git", ".gitignore", "folder", "plain.txt"}
    assert other.read("plain.txt") == "changed\n"
    assert (other.root / "plain.txt").stat().st_mtime == 1_000_000_000
    assert other.git("describe", "--tags", "--dirty").strip() == "v1-dirty"


def test_a_copy_of_a_clean_repository_is_clean(repository: Made, tmp_path: Path) -> None:
    repository.commit()
    other = Made(copy_tracked_files(repository.root, tmp_path / "other", time=1_000_000_000))
    assert other.git("status", "--porcelain") == ""


def test_a_copy_before_the_first_commit_is_a_repository_too(repository: Made, tmp_path: Path) -> None:
    repository.git("add", "plain.txt")
    other = Made(copy_tracked_files(repository.root, tmp_path / "other", time=1_000_000_000))
    assert other.git("ls-files").split() == ["plain.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither modes nor, for everyone, links")
def test_links_stay_links_and_modes_follow_the_umask_as_in_a_checkout(repository: Made, tmp_path: Path) -> None:
    repository.root.joinpath("link").symlink_to("plain.txt")
    repository.root.joinpath("to_folder").symlink_to("folder")
    repository.root.joinpath("to_nowhere").symlink_to("nowhere")
    repository.commit()
    previous = os.umask(0o077)
    try:
        other = copy_tracked_files(repository.root, tmp_path / "other", time=1_000_000_000)
    finally:
        os.umask(previous)
    assert {name: str((other / name).readlink()) for name in ("link", "to_folder", "to_nowhere")} == {
        "link": "plain.txt",
        "to_folder": "folder",
        "to_nowhere": "nowhere",
    }
    assert (other / "plain.txt").stat().st_mode & 0o777 == 0o600
    assert (other / "folder/program").stat().st_mode & 0o777 == 0o700


def test_by_default_the_files_keep_their_times(repository: Made, tmp_path: Path) -> None:
    repository.commit()
    os.utime(repository.root / "plain.txt", (5, 5))
    assert (copy_tracked_files(repository.root, tmp_path / "other") / "plain.txt").stat().st_mtime == 5


def test_a_project_in_a_folder_of_a_repository_is_copied_alone(repository: Made, tmp_path: Path) -> None:
    repository.commit()
    other = Made(copy_tracked_files(repository.root / "folder", tmp_path / "other"))
    assert {path.name for path in other.root.iterdir()} == {".git", "program"}

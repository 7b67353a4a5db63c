from __future__ import annotations

import os
from pathlib import Path

from evenfall.git.tracked import (
    IgnoreRule,
    differs_from_head,
    filters,
    ignore_rules,
    ignored_paths,
    stage,
    submodules,
    tracked_files,
    uncommitted_files,
    unignored_files,
    untracked_files,
)
from tests.git.conftest import start_conflicting_merge
from tests.sample_project import SampleProject

FILES = ("deep/er/file.txt", "link", "page.txt", "tool.sh")


def test_tracked_files_are_those_of_the_index_that_exist(repository: SampleProject) -> None:
    repository.write("tab\tand\rreturn ü.txt", "")
    repository.commit()
    repository.write("untracked.txt", "")
    (repository.root / "page.txt").unlink()
    assert set(tracked_files(repository.root)) == {*FILES, "tab\tand\rreturn ü.txt"} - {"page.txt"}
    assert tracked_files(repository.root / "deep") == ("er/file.txt",)


def test_an_unmerged_file_is_listed_once(repository: SampleProject) -> None:
    start_conflicting_merge(repository)
    assert tracked_files(repository.root) == FILES


def test_untracked_and_ignored_files_are_told_apart(repository: SampleProject) -> None:
    repository.write(".gitignore", "*.log\nbuild/\n")
    repository.write("a.log", "")
    repository.write("build/x", "")
    repository.write("new/file.txt", "")
    SampleProject(repository.root / "nested").write("file.txt", "")
    SampleProject(repository.root / "nested").git("init", "--quiet")
    assert untracked_files(repository.root) == (".gitignore", "nested/", "new/file.txt")
    assert ignored_paths(repository.root) == ("a.log", "build/")
    assert set(unignored_files(repository.root)) == {*FILES, ".gitignore", "new/file.txt"}


def test_a_folder_that_is_not_the_root_of_a_work_tree_has_no_unignored_files(repository: SampleProject) -> None:
    assert unignored_files(repository.root / "deep") == ()


def test_an_ignore_rule_names_its_file_its_line_and_its_pattern(repository: SampleProject) -> None:
    repository.write(".gitignore", "# generated\n/dist/\n*.lock\n!uv.lock\n")
    assert ignore_rules(repository.root, ["uv.lock", "noxfile.py", "dist/x", "a.lock"]) == (
        IgnoreRule("dist/x", ".gitignore", "2", "/dist/"),
        IgnoreRule("a.lock", ".gitignore", "3", "*.lock"),
    )


def test_a_tracked_file_is_not_ignored_and_neither_is_one_outside_a_repository(
    repository: SampleProject, outside: Path
) -> None:
    repository.write(".gitignore", "*.txt\n")
    assert ignore_rules(repository.root, ["page.txt"]) == ()
    assert ignore_rules(outside, ["page.txt"]) == ()


def test_submodules_are_listed_by_their_path(repository: SampleProject, submodule: SampleProject) -> None:
    assert submodules(repository.root) == (submodule.root.name,)


def test_files_are_listed_with_their_filter(repository: SampleProject) -> None:
    repository.write(".gitattributes", "*.bin filter=lfs\n*.txt filter\n*.sh -filter\n")
    assert filters(repository.root, ["a\nb.bin", "page.txt", "tool.sh", "link"]) == {"a\nb.bin": "lfs"}
    assert filters(repository.root, []) == {}


def test_a_file_differs_from_head_if_it_is_untracked_or_edited(repository: SampleProject) -> None:
    repository.write("new.txt", "")
    repository.write("page.txt", "two\n")
    assert [differs_from_head(repository.root, path) for path in ("new.txt", "page.txt", "tool.sh")] == [
        True,
        True,
        False,
    ]


def test_a_comparison_with_head_takes_a_path_literally_and_writes_no_index(repository: SampleProject) -> None:
    index = repository.root / ".git" / "index"
    page = repository.root / "page.txt"
    page.write_bytes(page.read_bytes())
    os.utime(page, (1, 1))  # git status would update the index
    before = index.read_bytes()
    assert not differs_from_head(repository.root, "page.txt")
    assert index.read_bytes() == before
    repository.write("page.txt", "two\n")
    assert not differs_from_head(repository.root, "p*.txt")


def test_edited_staged_and_removed_files_are_uncommitted_but_not_untracked_ones(repository: SampleProject) -> None:
    repository.write("page.txt", "two\n")
    repository.write("deep/er/new.txt", "")
    repository.git("add", "deep/er/new.txt")
    repository.git("rm", "--quiet", "tool.sh")
    repository.write("untracked.txt", "")
    assert uncommitted_files(repository.root / "deep") == ("deep/er/new.txt", "page.txt", "tool.sh")
    repository.git("reset", "--quiet", "--hard")
    assert uncommitted_files(repository.root) == ()


def test_staging_includes_ignored_files_only_if_they_are_named(repository: SampleProject) -> None:
    repository.write(".gitignore", "*.log\n")
    repository.write("a.log", "")
    repository.write("b.log", "")
    stage(repository.root)
    stage(repository.root, "a.log")
    assert set(repository.git("ls-files").split()) == {*FILES, ".gitignore", "a.log"}

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.git.alternates import alternates_variable, quote, write_borrowing_repository
from evenfall.git.command import git
from tests.sample_project import SampleProject


@pytest.mark.parametrize(
    ("path", "quoted"),
    [("/a b/ü", "/a b/ü"), ("/a:b", '"/a:b"'), ('/a"b', '"/a\\"b"'), ("/a\\b", '"/a\\\\b"'), ("/a\nb", '"/a\\nb"')],
)
def test_a_path_is_quoted_only_if_git_needs_it(path: str, quoted: str) -> None:
    assert quote(Path(path)) == quoted


def test_git_reads_objects_through_a_file_and_through_a_variable(repository: SampleProject, tmp_path: Path) -> None:
    """The fixture's path contains every character that has to be quoted."""
    objects = repository.root / ".git/objects"
    head = repository.git("rev-parse", "HEAD").strip()
    git_dir = tmp_path / "borrowing.git"
    write_borrowing_repository(git_dir, objects=(objects,), object_format="sha1", head=head)
    assert git(git_dir, "show", "HEAD:page.txt").text == "one\n"
    empty = tmp_path / "empty.git"
    write_borrowing_repository(empty, objects=(), object_format="sha1", head=head)
    assert git(empty, "show", f"{head}:page.txt", env=alternates_variable(tmp_path, objects)).text == "one\n"

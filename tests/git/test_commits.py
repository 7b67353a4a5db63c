from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import commit_time, find_commit, has_references, merge_base, read_file_at
from tests.git.conftest import clone, diverge
from tests.sample_project import SampleProject


def test_a_commit_is_found_by_any_of_its_names(repository: SampleProject) -> None:
    repository.git("tag", "-a", "v1", "-m", "one")
    head = repository.git("rev-parse", "HEAD").strip()
    assert [find_commit(repository.root, name) for name in ("HEAD", "main", "v1", head[:8])] == [head] * 4


@pytest.mark.parametrize("revision", ["nowhere", "--help", "", "HEAD:page.txt", "a..b"])
def test_what_is_not_a_commit_is_not_found(repository: SampleProject, revision: str) -> None:
    assert find_commit(repository.root, revision) == ""


def test_the_time_of_a_commit_is_known_from_the_first_commit_on(
    repository: SampleProject, unborn: SampleProject, outside: Path
) -> None:
    assert commit_time(repository.root) == int(repository.git("log", "-1", "--format=%ct"))
    assert commit_time(unborn.root) is None
    assert commit_time(outside) is None


def test_branches_share_a_base_unless_their_histories_are_unrelated(repository: SampleProject) -> None:
    base = find_commit(repository.root, "HEAD")
    diverge(repository)
    repository.git("checkout", "--quiet", "--orphan", "unrelated")
    repository.commit()
    assert merge_base(repository.root, "main", "topic") == base
    assert merge_base(repository.root, "main", "unrelated") == ""


def test_a_clone_has_references_of_its_remote(repository: SampleProject, tmp_path: Path) -> None:
    cloned = clone(repository, tmp_path / "clone")
    assert has_references(cloned.root, "refs/remotes/origin")
    assert not has_references(repository.root, "refs/remotes/origin")


def test_a_file_is_read_as_it_was_in_a_revision(repository: SampleProject) -> None:
    (repository.root / "deep/er/file.txt").write_bytes(b"\xff\r\n")
    repository.commit()
    repository.git("rm", "--quiet", "page.txt")
    assert read_file_at(repository.root, "HEAD~1", "page.txt") == b"one\n"
    assert read_file_at(repository.root / "deep", "HEAD", "er/file.txt") == b"\xff\r\n"
    assert read_file_at(repository.root, "HEAD", "missing.txt") is None


def test_a_file_that_git_can_not_read_is_unknown(repository: SampleProject) -> None:
    name = repository.git("rev-parse", "HEAD:page.txt").strip()
    (repository.root / ".git/objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(EvenfallError) as caught:
        read_file_at(repository.root, "HEAD", "page.txt")
    assert caught.value.exit_code is Exit.UNKNOWN

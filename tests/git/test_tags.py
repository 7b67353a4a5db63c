from __future__ import annotations

import pytest

from evenfall.errors import EvenfallError
from evenfall.git.tags import add_tag, tagged_commits, tags_before
from tests.sample_project import SampleProject


def head(repository: SampleProject) -> str:
    return repository.git("rev-parse", "HEAD").strip()


def test_a_tag_names_its_commit_whether_it_is_annotated_or_not(repository: SampleProject) -> None:
    repository.git("tag", "light")
    repository.git("tag", "-a", "group/v1!2.0", "-m", "annotated")
    assert tagged_commits(repository.root) == {"light": head(repository), "group/v1!2.0": head(repository)}


def test_tags_of_other_objects_are_left_out(repository: SampleProject) -> None:
    repository.git("tag", "file", "HEAD:page.txt")
    repository.git("tag", "-a", "tree", "-m", "annotated", "HEAD^{tree}")
    assert tagged_commits(repository.root) == tags_before(repository.root, "HEAD") == {}


def test_only_tags_of_the_history_are_before_a_commit(repository: SampleProject) -> None:
    repository.git("tag", "v1")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side")
    repository.git("tag", "v2")
    repository.git("checkout", "--quiet", "main")
    repository.commit("main")
    assert tags_before(repository.root, "HEAD").keys() == {"v1"}
    assert tagged_commits(repository.root).keys() == {"v1", "v2"}


def test_a_tag_is_added_to_head(repository: SampleProject) -> None:
    repository.git("config", "tag.gpgSign", "true")
    add_tag(repository.root, "v1")
    assert tagged_commits(repository.root) == {"v1": head(repository)}
    for name in ("v1", "not a name"):
        with pytest.raises(EvenfallError):
            add_tag(repository.root, name)

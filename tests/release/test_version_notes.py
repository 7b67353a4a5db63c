from __future__ import annotations

from dataclasses import replace

import pytest

from evenfall.release.github_tag import GitHubTag
from evenfall.release.version_notes import next_commands, notes, unknown
from tests.release.version_facts import facts, on_pypi, tagged

SDIST = ".tar.gz"


def test_a_usual_release_has_no_note() -> None:
    assert [*notes(facts()), *unknown(facts())] == []


@pytest.mark.parametrize("is_public", [True, False])
def test_a_new_project_needs_a_pending_publisher_on_a_public_index(is_public: bool) -> None:
    index = replace(on_pypi({}), versions=None, is_public=is_public)
    assert any("pending publisher" in note for note in notes(facts(index=index))) is is_public


def test_a_tag_that_github_does_not_know_about_is_noted() -> None:
    assert any("no token" in note for note in notes(facts(github=GitHubTag(unknown="no token"))))


@pytest.mark.parametrize(("days", "resumes"), [(1, True), (None, True), (15, False)])
def test_an_upload_is_resumed_while_the_index_takes_more_files(days: int | None, resumes: bool) -> None:
    index = on_pypi({"1.2": days}, SDIST)
    assert any("uploads the rest" in note for note in notes(facts(index=index))) is resumes


def test_missing_tags_are_noted_unless_they_are_unknown_anyway() -> None:
    found = facts(git=tagged(), index=on_pypi({"1.1": 1}))
    assert any("git fetch --tags" in note for note in notes(found))
    shallow = replace(found, git=replace(found.git, is_shallow=True))
    assert [*notes(shallow)] == []
    assert len([*unknown(shallow)]) == 1


def test_the_next_commands_make_a_missing_tag() -> None:
    assert next_commands(facts()) == ('git tag -a "v1.2" -m "Release v1.2"', "git push origin v1.2")
    assert next_commands(facts("1!1.2")) == ("git tag -a 'v1!1.2' -m 'Release v1!1.2'", "git push origin 'v1!1.2'")
    assert next_commands(facts(git=tagged("v1.2"))) == ()

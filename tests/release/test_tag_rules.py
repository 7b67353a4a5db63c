from __future__ import annotations

import pytest

from evenfall.release.github_tag import GitHubTag
from evenfall.release.version_fix import bump
from tests.release.version_facts import BEFORE, ELSEWHERE, HEAD, codes, facts, fixes, tagged


@pytest.mark.parametrize("at_head", ["", "v1.2", "v1.2 v1 latest v0.9", "nightly"])
def test_a_new_version_with_or_without_its_tag_breaks_no_rule(at_head: str) -> None:
    assert codes(facts(git=tagged(at_head, "v1.1 latest-docs 20261101"))) == []


@pytest.mark.parametrize("tag", ["1.2", "V1.2", "v1.2.0", "v01.2", "release-1.2", "nightly"])
def test_another_spelling_of_the_tag_is_told_with_the_right_one(tag: str) -> None:
    found = facts(tag=tag, git=tagged(tag, "v1.1"))
    assert codes(found) == ["tag-spelling"]
    assert fixes(found) == ['git tag -a "v1.2" -m "Release v1.2" && git push origin v1.2']


def test_the_tag_of_a_prerelease_has_the_normal_form() -> None:
    assert codes(facts("1.2rc1", tag="v1.2.0-rc1")) == ["tag-spelling"]
    assert codes(facts("1.2rc1", tag="v1.2rc1")) == []


@pytest.mark.parametrize("tag", ["v1.3", "v1.2rc1", "1.1"])
def test_the_tag_of_another_version_is_told_apart(tag: str) -> None:
    assert codes(facts(tag=tag)) == ["tag-version"]


def test_a_tag_of_head_with_another_spelling_is_found_if_no_tag_is_named() -> None:
    assert codes(facts(git=tagged("v1.2.0", "v1.1"))) == ["tag-spelling"]
    assert codes(facts(git=tagged("v1.2.0 v1.2", "v1.1"))) == []


@pytest.mark.parametrize(("before", "elsewhere"), [("v1.2", ""), ("", "v1.2")])
def test_a_named_tag_must_be_on_head(before: str, elsewhere: str) -> None:
    found = facts(tag="v1.2", git=tagged("", before, elsewhere))
    assert codes(found) == ["tag-not-at-head"]
    assert fixes(found) == [
        "git checkout v1.2; or, to release HEAD: uv version 1.2.1, and commit pyproject.toml and uv.lock"
    ]


def test_the_name_of_a_tag_is_quoted_in_a_command() -> None:
    (_, fix) = fixes(facts(tag="v1;reboot", git=tagged("", "", "v1;reboot")))
    assert "git checkout 'v1;reboot'" in fix


@pytest.mark.parametrize("tag", ["v1.2", "1.2", "v1.2.0"])
def test_a_version_that_an_earlier_commit_has_is_not_bumped(tag: str) -> None:
    assert codes(facts(git=tagged("", f"v1.1 {tag}"))) == ["not-bumped"]


def test_the_tag_of_the_version_can_be_on_another_branch() -> None:
    assert codes(facts(git=tagged("", "v1.1", "v1.2"))) == ["tag-not-at-head"]


def test_a_version_must_be_newer_than_the_earlier_ones() -> None:
    found = facts("1.0.5", git=tagged("", "v1.0 v1.1"))
    assert codes(found) == ["version-older"]
    assert fixes(found) == ["uv version 1.1.1, and commit pyproject.toml and uv.lock"]


def test_a_maintenance_branch_can_release_an_older_version() -> None:
    assert codes(facts("1.0.5", git=tagged("", "v1.0", "v1.1"))) == []


def test_a_tag_where_the_development_of_a_version_starts_is_no_release() -> None:
    assert codes(facts(git=tagged("", "v1.1 v1.3.dev0"))) == []


@pytest.mark.parametrize(
    ("version", "newer"),
    [
        ("2", "2.0.1"),
        ("1.2.3.4", "1.2.4"),
        ("1!2.3", "1!2.3.1"),
        ("1.2rc1", "1.2rc2"),
        ("1!1.2a1.post1", "1!1.2a2"),
        ("1.2.post1", "1.2.1"),
        ("1.2.dev1", "1.2"),
    ],
)
def test_a_bump_gives_a_newer_version(version: str, newer: str) -> None:
    assert bump(facts(version)) == f"uv version {newer}, and commit pyproject.toml and uv.lock"


def test_a_bump_is_made_where_the_version_is() -> None:
    assert bump(facts(source="tag")) == 'git tag -a "v1.2.1" -m "Release v1.2.1" && git push origin v1.2.1'
    assert "1.2.1" in bump(facts(source="build"))


@pytest.mark.parametrize("version", ["1.2.dev3+gabc", "1.2.dev3", "1.1+d20261101"])
def test_a_version_from_a_tag_needs_the_tag(version: str) -> None:
    assert codes(facts(version, source="tag")) == ["untagged"]


def test_a_version_from_a_tag_can_need_only_a_commit() -> None:
    found = facts("1.2.dev0+d20261101", source="tag", git=tagged("v1.1") | {"uncommitted": ("a.py",)})
    assert codes(found) == ["untagged", "uncommitted"]
    assert "--tag" not in fixes(found)[0]


def test_a_named_tag_of_a_version_from_a_tag_must_be_on_head() -> None:
    found = facts("1.2.dev1+gabc", source="tag", tag="v1.1")
    assert codes(found) == ["untagged", "tag-not-at-head"]
    assert 'git tag -a "v1.2"' in fixes(found)[1]


def test_a_version_from_a_tag_follows_the_other_rules() -> None:
    assert codes(facts(source="tag", locked=None, git=tagged("v1.2", "v1.1"))) == []
    assert codes(facts(source="tag", locked=None, git=tagged("v1.2.0", "v1.1"))) == ["tag-spelling"]


@pytest.mark.parametrize("immutable", [True, False])
def test_the_tag_can_be_on_another_commit_on_github(immutable: bool) -> None:
    assert codes(facts(github=GitHubTag(commit=ELSEWHERE, is_immutable=immutable))) == ["tag-differs"]
    assert codes(facts(github=GitHubTag(commit=HEAD, is_immutable=immutable))) == []


def test_a_tag_that_is_the_same_on_github_is_reported_once() -> None:
    assert codes(facts(git=tagged("", "v1.2"), github=GitHubTag(commit=BEFORE))) == ["not-bumped"]


def test_a_tag_can_be_used_up() -> None:
    assert codes(facts(github=GitHubTag(is_used_up=True))) == ["tag-used-up"]

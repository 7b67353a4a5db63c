from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from evenfall.github_api.repository import GitHubRepository
from evenfall.release.github_tag import GitHubTag, find_github_tag
from tests.supply_chain.osv import Loopback

COMMIT = "a" * 40
REPOSITORY = "/repos/lamps/lamp"
SUITES = f"{REPOSITORY}/rulesets/rule-suites?ref=refs%2Ftags%2Fv1.0&rule_suite_result=fail&time_period=month"


@pytest.fixture
def repository(loopback: Loopback) -> GitHubRepository:
    return GitHubRepository(name="lamps/lamp", api=loopback.address, token="planted-token")


def release(*, immutable: bool) -> bytes:
    return json.dumps(
        {
            "id": 1,
            "tag_name": "v1.0",
            "target_commitish": "main",
            "html_url": "",
            "upload_url": "",
            "draft": False,
            "immutable": immutable,
        }
    ).encode()


def serve_rejections(loopback: Loopback, sources: Mapping[int, str | None]) -> None:
    loopback.page(SUITES, json.dumps([{"id": number} for number in sources]).encode())
    for number, kind in sources.items():
        evaluations = [{"rule_source": {"type": kind}, "rule_type": "creation"}]
        content = json.dumps({"id": number, "rule_evaluations": evaluations}).encode()
        loopback.page(f"{REPOSITORY}/rulesets/rule-suites/{number}", content)


@pytest.mark.parametrize("immutable", [True, False])
def test_a_tag_with_a_release_has_its_commit(loopback: Loopback, repository: GitHubRepository, immutable: bool) -> None:
    loopback.page(f"{REPOSITORY}/commits/tags/v1.0", COMMIT.encode())
    loopback.page(f"{REPOSITORY}/releases/tags/v1.0", release(immutable=immutable))
    assert find_github_tag(repository, "v1.0") == GitHubTag(commit=COMMIT, is_immutable=immutable)


def test_a_tag_can_have_no_release(loopback: Loopback, repository: GitHubRepository) -> None:
    loopback.page(f"{REPOSITORY}/commits/tags/v1.0", COMMIT.encode())
    assert find_github_tag(repository, "v1.0") == GitHubTag(commit=COMMIT)


def test_the_commit_is_kept_if_the_release_can_not_be_read(loopback: Loopback, repository: GitHubRepository) -> None:
    loopback.page(f"{REPOSITORY}/commits/tags/v1.0", COMMIT.encode())
    loopback.page(f"{REPOSITORY}/releases/tags/v1.0", b"[]")
    found = find_github_tag(repository, "v1.0")
    assert found.commit == COMMIT
    assert found.unknown


@pytest.mark.parametrize(
    ("sources", "is_used_up"),
    [({1: "ruleset", 2: "immutable_release_tag"}, True), ({1: "ruleset", 2: None}, False), ({}, False)],
)
def test_the_rejections_of_a_new_tag_tell_whether_it_is_used_up(
    loopback: Loopback, repository: GitHubRepository, sources: dict[int, str | None], is_used_up: bool
) -> None:
    serve_rejections(loopback, sources)
    assert find_github_tag(repository, "v1.0") == GitHubTag(is_used_up=is_used_up)


@pytest.mark.parametrize(("content", "status"), [(b"{}", 404), (b"{}", 403), (b"{}", 500), (b"<html>", 200)])
def test_rejections_that_can_not_be_read_are_unknown(
    loopback: Loopback, repository: GitHubRepository, content: bytes, status: int
) -> None:
    loopback.page(SUITES, content, status)
    found = find_github_tag(repository, "v1.0")
    assert found.unknown
    assert not found.is_used_up
    assert "planted-token" not in repr(found)


def test_github_can_not_be_asked_without_a_token_or_a_repository(repository: GitHubRepository) -> None:
    assert find_github_tag(replace(repository, token=""), "v1.0").unknown
    assert find_github_tag(None, "v1.0").unknown

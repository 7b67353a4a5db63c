from __future__ import annotations

import socket

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.github_api.errors import RejectedError
from evenfall.github_api.repository import GitHubRepository
from evenfall.release.github_releases import GitHub, is_used_up
from tests.release.github import REPOSITORY, TOKEN, FakeGitHub
from tests.supply_chain.osv import Loopback


def _client(address: str, *, name: str = REPOSITORY, token: str = TOKEN) -> GitHub:
    return GitHub(GitHubRepository(name=name, api=address, token=token))


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (401, "Bad credentials", Exit.USAGE),
        (403, "Resource not accessible by integration", Exit.USAGE),
        (403, "API rate limit exceeded", Exit.UNKNOWN),
        (429, "You have exceeded a secondary rate limit", Exit.UNKNOWN),
        (404, "Not Found", Exit.USAGE),
        (422, "Validation Failed", Exit.USAGE),
        (429, "slow down", Exit.UNKNOWN),
        (500, "oops", Exit.UNKNOWN),
    ],
)
def test_an_error_has_the_message_of_github_and_never_the_token(
    fake: FakeGitHub, api: GitHub, status: int, message: str, code: Exit
) -> None:
    fake.status, fake.message = status, message
    with pytest.raises(EvenfallError, match=message) as caught:
        api.draft_release("v1.0")
    assert caught.value.exit_code == code
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_the_hint_names_the_missing_permission(fake: FakeGitHub, api: GitHub, status: int) -> None:
    fake.status = status
    with pytest.raises(EvenfallError) as caught:
        api.create_draft(tag="v1.0", commit="0" * 40, notes="", prerelease=False)
    assert "contents: write" in caught.value.hint


def test_a_wrong_token_is_not_accepted(fake: FakeGitHub) -> None:
    with _client(fake.api, token="wrong") as api, pytest.raises(EvenfallError) as caught:
        api.published_release("v1.0")
    assert caught.value.exit_code == Exit.USAGE


def test_a_server_that_does_not_answer_is_inconclusive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with _client(f"http://127.0.0.1:{port}") as api, pytest.raises(EvenfallError) as caught:
        api.draft_release("v1.0")
    assert caught.value.exit_code == Exit.UNKNOWN


@pytest.mark.parametrize("content", [b"<html>", b"{}", b"[{}]"])
def test_an_answer_of_another_server_is_inconclusive(loopback: Loopback, content: bytes) -> None:
    loopback.page(f"/repos/{REPOSITORY}/releases?per_page=100", content)
    with _client(loopback.address) as api, pytest.raises(EvenfallError) as caught:
        api.draft_release("v1.0")
    assert caught.value.exit_code == Exit.UNKNOWN


@pytest.mark.parametrize("content", [b"<html>", b'{"message": "no", "errors": ["twice", {"field": "a", "code": "b"}]}'])
def test_the_details_of_an_error_are_shown(loopback: Loopback, content: bytes) -> None:
    loopback.page(f"/repos/{REPOSITORY}/releases?per_page=100", content, status=422)
    with _client(loopback.address) as api, pytest.raises(RejectedError) as caught:
        api.draft_release("v1.0")
    assert ("no: twice; a b" in caught.value.message) is content.startswith(b"{")
    assert not is_used_up(caught.value)


def test_a_deleted_file_may_be_gone_already(fake: FakeGitHub, api: GitHub) -> None:
    release = fake.add_release("v1.0")
    fake.add_asset(release, "a", b"a")
    draft = api.draft_release("v1.0")
    assert draft
    api.delete(draft.assets[0])
    fake.status = 404
    api.delete(draft.assets[0])
    assert fake.files() == {}


def test_a_tag_is_part_of_a_path(fake: FakeGitHub, api: GitHub) -> None:
    fake.add_release("v1!1.0/x?", draft=False)
    assert api.published_release("v1!1.0/x?")


def test_a_repository_without_the_tag_has_no_commit_of_it(fake: FakeGitHub, api: GitHub) -> None:
    assert api.tagged_commit("v1.0") == ""
    fake.tags["v1.0"] = "0" * 40
    assert api.tagged_commit("v1.0") == "0" * 40


class TestFakeGitHub:
    """The fake rejects what GitHub rejects."""

    @pytest.mark.parametrize("values", [{"tag_nam": "v1"}, {"draft": "false"}, {"prerelease": 1}])
    def test_it_rejects_unknown_fields_and_wrong_types(self, fake: FakeGitHub, api: GitHub, values: object) -> None:
        fake.add_release("v1.0")
        draft = api.draft_release("v1.0")
        assert draft
        with pytest.raises(RejectedError, match="invalid"):
            api.update(draft, **values)  # type: ignore[arg-type]

    def test_it_rejects_a_second_file_of_the_same_name(self, fake: FakeGitHub, api: GitHub) -> None:
        fake.add_release("v1.0")
        draft = api.draft_release("v1.0")
        assert draft
        api.upload(draft, "a b.whl", b"a")
        assert fake.files() == {"a.b.whl": b"a"}
        with pytest.raises(RejectedError, match="already_exists"):
            api.upload(draft, "a.b.whl", b"b")

    def test_it_rejects_changes_of_an_immutable_release(self, fake: FakeGitHub, api: GitHub) -> None:
        fake.immutable = True
        fake.add_release("v1.0")
        draft = api.draft_release("v1.0")
        assert draft
        api.update(draft, draft=False)
        with pytest.raises(RejectedError, match="immutable"):
            api.upload(draft, "a", b"a")
        with pytest.raises(RejectedError, match="immutable"):
            api.update(draft, draft=True)

    def test_it_needs_a_tag(self, fake: FakeGitHub, api: GitHub) -> None:
        with pytest.raises(RejectedError, match="tag_name missing_field"):
            api._request("POST", "releases", json={"name": "v1.0"})

    def test_it_has_nothing_else(self, fake: FakeGitHub) -> None:
        with _client(fake.api, name="other/repository") as api, pytest.raises(EvenfallError, match="Not Found"):
            api.draft_release("v1.0")

"""The edge to GitHub: the releases of a repository, their assets, and the commits of tags.

https://docs.github.com/en/rest/releases/releases
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.http import HttpError, new_client, send
from evenfall.release.github_repository import GitHubRepository
from evenfall.text import one_line

TIMEOUT = 60
"""The number of seconds after which a silent server is given up."""
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
PERMISSION = "set GH_TOKEN or GITHUB_TOKEN to a token with the permission contents: write of this repository"


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a release. `digest` is such as `sha256:…`, or None if GitHub has not computed it."""

    id: int
    name: str
    size: int
    digest: str | None = None


class GitHubRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release of a repository. A draft is visible only with write access. An immutable one can't be changed."""

    id: int
    tag_name: str
    target_commitish: str
    html_url: str
    upload_url: str
    draft: bool
    immutable: bool = False
    assets: tuple[Asset, ...] = ()


class RejectedError(EvenfallError):
    """GitHub rejects the values of a request (422)."""

    @property
    def is_used_up(self) -> bool:
        """Whether an immutable release had the name of the tag. It can never have another release, even after its deletion."""
        return "was used by an immutable release" in self.message


class _Problem(msgspec.Struct, frozen=True):
    field: str = ""
    code: str = ""
    message: str = ""


class _Problems(msgspec.Struct, frozen=True):
    message: str = ""
    errors: tuple[_Problem | str, ...] = ()


class _RuleSource(msgspec.Struct, frozen=True):
    type: str | None = None


class _RuleEvaluation(msgspec.Struct, frozen=True):
    rule_source: _RuleSource = _RuleSource()


class _RuleSuite(msgspec.Struct, frozen=True):
    """The rules that GitHub has evaluated for a push. Only a request for this one push returns the evaluations."""

    id: int
    rule_evaluations: tuple[_RuleEvaluation, ...] = ()


_Value = TypeVar("_Value")


class GitHub:
    """The releases of a repository, for which it has a token. It is a context manager.

    The methods raise `EvenfallError`: GitHub does not accept the token, or the token lacks a permission (usage); GitHub can't be reached,
    or answers with an error (unknown); GitHub rejects the values (`RejectedError`).
    """

    def __init__(self, repository: GitHubRepository) -> None:
        self.repository = repository.name
        self._base = f"{repository.api}/repos/{repository.name}"
        self._headers = {**HEADERS, "Authorization": f"Bearer {repository.token}"}
        self._client = new_client(seconds=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def published_release(self, tag: str) -> GitHubRelease | None:
        """Return the published release of a tag, or None."""
        response = self._request("GET", f"{self._base}/releases/tags/{_quoted(tag)}", codes={404})
        return None if response.status_code == 404 else _decode(response, GitHubRelease)

    def draft_release(self, tag: str) -> GitHubRelease | None:
        """Return the newest draft of a tag, or None."""
        url = f"{self._base}/releases?per_page=100"
        while url:
            response = self._request("GET", url)
            for release in _decode(response, tuple[GitHubRelease, ...]):
                if release.draft and release.tag_name == tag:
                    return release
            url = response.links.get("next", {}).get("url", "")
        return None

    def tagged_commit(self, tag: str) -> str:
        """Return the commit of a tag, or an empty string if GitHub does not have the tag."""
        headers = {"Accept": "application/vnd.github.sha"}
        # 409: the repository has no commit at all.
        url = f"{self._base}/commits/tags/{_quoted(tag)}"
        response = self._request("GET", url, headers=headers, codes={404, 409, 422})
        return response.text.strip() if response.is_success else ""

    def has_used_up(self, tag: str) -> bool:
        """Return whether GitHub has rejected the tag in the last month because an immutable release had it.

        This needs the permission administration: read. https://docs.github.com/en/rest/repos/rule-suites
        """
        url = f"{self._base}/rulesets/rule-suites"
        query = f"ref={_quoted(f'refs/tags/{tag}')}&rule_suite_result=fail&time_period=month"
        suites = _decode(self._request("GET", f"{url}?{query}"), tuple[_RuleSuite, ...])
        details = (_decode(self._request("GET", f"{url}/{suite.id}"), _RuleSuite) for suite in suites[:5])
        return any(
            each.rule_source.type == "immutable_release_tag" for suite in details for each in suite.rule_evaluations
        )

    def create_draft(self, *, tag: str, commit: str, notes: str, prerelease: bool) -> GitHubRelease:
        """Create a draft. GitHub makes the tag at the commit when the draft is published, unless it has the tag already."""
        values = {
            "tag_name": tag,
            "target_commitish": commit,
            "name": tag,
            "body": notes,
            "draft": True,
            "prerelease": prerelease,
        }
        return _decode(self._request("POST", f"{self._base}/releases", json=values), GitHubRelease)

    def update(self, release: GitHubRelease, **values: str | bool) -> GitHubRelease:
        """Change values of a release, and return it as it is then."""
        return _decode(self._request("PATCH", f"{self._base}/releases/{release.id}", json=values), GitHubRelease)

    def upload(self, release: GitHubRelease, name: str, content: bytes) -> Asset:
        """Upload a file of a release."""
        url = httpx.URL(release.upload_url.partition("{")[0], params={"name": name})
        headers = {"Content-Type": "application/octet-stream"}
        return _decode(self._request("POST", str(url), content=content, headers=headers), Asset)

    def delete(self, asset: Asset) -> None:
        """Delete a file of a release."""
        self._request("DELETE", f"{self._base}/releases/assets/{asset.id}", codes={404})

    def _request(
        self,
        method: str,
        url: str,
        *,
        codes: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> httpx.Response:
        """Return a response with a status of success or one of `codes`."""
        request = self._client.build_request(method, url, headers={**self._headers, **(headers or {})}, **body)
        try:
            response = send(self._client, request)
        except HttpError as error:
            raise _unknown(f"{method} {request.url.copy_with(query=None)}: {error}") from error
        if response.is_success or response.status_code in codes:
            return response
        raise self._error(f"{method} {request.url.path}", response)

    def _error(self, request: str, response: httpx.Response) -> EvenfallError:
        message = _message(response)
        match response.status_code:
            case 401:
                return EvenfallError(f"GitHub does not accept the token: {message}", hint=PERMISSION)
            case 403 | 429 if "rate limit" in message.lower():
                return _unknown(f"{request}: {message}")
            case 403:
                return EvenfallError(f"{request}: GitHub refuses it: {message}", hint=PERMISSION)
            case 404:
                reason = f"the repository {self.repository} does not exist, or the token may not see or change this"
                return EvenfallError(f"{request}: {message}; {reason}", hint=PERMISSION)
            case 422:
                hint = "push the commit of the release if GitHub does not have it, else correct what GitHub reports"
                return RejectedError(f"{request}: GitHub rejects it: {message}", hint=hint)
            case status:
                return _unknown(f"{request}: GitHub answered {status}: {message}")


def _quoted(tag: str) -> str:
    return quote(tag, safe="")


def _decode(response: httpx.Response, kind: type[_Value]) -> _Value:
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unknown(f"{response.request.url.path}: the answer is not GitHub's: {error}") from error


def _message(response: httpx.Response) -> str:
    """Return the message of an error and its details on one line."""
    try:
        problems = msgspec.json.decode(response.content, type=_Problems)
    except (msgspec.DecodeError, RecursionError):
        return one_line(response.reason_phrase)
    details = [
        each if isinstance(each, str) else each.message or f"{each.field} {each.code}" for each in problems.errors
    ]
    return one_line(": ".join(filter(None, (problems.message, "; ".join(details)))))


def _unknown(message: str) -> EvenfallError:
    return EvenfallError(f"inconclusive: {message}", hint="try again later", exit_code=Exit.UNKNOWN)

"""The edge to GitHub: the releases of a repository, their assets, and the commits of tags.

https://docs.github.com/en/rest/releases/releases
"""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from evenfall.github_api.client import GitHubApi, decode, quoted
from evenfall.github_api.errors import RejectedError
from evenfall.github_api.repository import GitHubRepository

PERMISSION = "contents: write"
"""What the token needs."""


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


class _RuleSource(msgspec.Struct, frozen=True):
    type: str | None = None


class _RuleEvaluation(msgspec.Struct, frozen=True):
    rule_source: _RuleSource = _RuleSource()


class _RuleSuite(msgspec.Struct, frozen=True):
    """The rules that GitHub has evaluated for a push. Only a request for this one push returns the evaluations."""

    id: int
    rule_evaluations: tuple[_RuleEvaluation, ...] = ()


class GitHub:
    """The releases of a repository, for which it has a token. It is a context manager.

    The methods raise `EvenfallError` as those of `GitHubApi` do.
    """

    def __init__(self, repository: GitHubRepository) -> None:
        self.repository = repository.name
        self._api = GitHubApi(repository)

    def __enter__(self) -> Self:
        self._api.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.__exit__(kind, error, trace)

    def published_release(self, tag: str) -> GitHubRelease | None:
        """Return the published release of a tag, or None."""
        response = self._request("GET", f"releases/tags/{quoted(tag)}", codes={404})
        return None if response.status_code == 404 else decode(response, GitHubRelease)

    def reload(self, release: GitHubRelease) -> GitHubRelease:
        """Return a release as it is now."""
        return decode(self._request("GET", f"releases/{release.id}"), GitHubRelease)

    def draft_release(self, tag: str) -> GitHubRelease | None:
        """Return the newest draft of a tag, or None."""
        url = "releases?per_page=100"
        while url:
            response = self._request("GET", url)
            for release in decode(response, tuple[GitHubRelease, ...]):
                if release.draft and release.tag_name == tag:
                    return release
            url = response.links.get("next", {}).get("url", "")
        return None

    def tagged_commit(self, tag: str) -> str:
        """Return the commit of a tag, or an empty string if GitHub does not have the tag."""
        headers = {"Accept": "application/vnd.github.sha"}
        # 409: the repository has no commit at all.
        url = f"commits/tags/{quoted(tag)}"
        response = self._request("GET", url, headers=headers, codes={404, 409, 422})
        return response.text.strip() if response.is_success else ""

    def has_used_up(self, tag: str) -> bool:
        """Return whether GitHub has rejected the tag in the last month because an immutable release had it.

        https://docs.github.com/en/rest/repos/rule-suites
        """
        permission = "administration: read"
        url = "rulesets/rule-suites"
        query = f"ref={quoted(f'refs/tags/{tag}')}&rule_suite_result=fail&time_period=month"
        suites = self._api.get(f"{url}?{query}", tuple[_RuleSuite, ...], permission=permission)
        details = (self._api.get(f"{url}/{suite.id}", _RuleSuite, permission=permission) for suite in suites[:5])
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
        return decode(self._request("POST", "releases", json=values), GitHubRelease)

    def update(self, release: GitHubRelease, **values: str | bool) -> GitHubRelease:
        """Change values of a release, and return it as it is then."""
        return decode(self._request("PATCH", f"releases/{release.id}", json=values), GitHubRelease)

    def upload(self, release: GitHubRelease, name: str, content: bytes) -> Asset:
        """Upload a file of a release."""
        url = httpx.URL(release.upload_url.partition("{")[0], params={"name": name})
        headers = {"Content-Type": "application/octet-stream"}
        return decode(self._request("POST", str(url), content=content, headers=headers), Asset)

    def delete(self, asset: Asset) -> None:
        """Delete a file of a release."""
        self._request("DELETE", f"releases/assets/{asset.id}", codes={404})

    def _request(self, method: str, path: str, *, codes: Collection[int] = (), **values: Any) -> httpx.Response:
        try:
            return self._api.request(method, path, permission=PERMISSION, codes=codes, **values)
        except RejectedError as error:
            error.hint = f"push the commit of the release if GitHub does not have it, else {error.hint}"
            raise


def is_used_up(error: RejectedError) -> bool:
    """Return whether an immutable release had the name of the tag. It can never have another release, even after its deletion."""
    return "was used by an immutable release" in error.message

"""What GitHub knows about a tag: its commit, its release, and whether a deleted immutable release has used it up.

https://docs.github.com/en/code-security/supply-chain-security/understanding-your-software-supply-chain/immutable-releases
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote

import msgspec

from evenfall.package_index.http import HttpError, new_client, open_url

GITHUB_API = "https://api.github.com"
TIMEOUT = 20
"""The number of seconds after which a silent server is given up."""
_MAX_REJECTIONS = 5
"""The number of rejected pushes of a tag whose reasons are asked for; each is a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubRepository:
    """A repository, as `owner/name`, and the address of the API. The token is empty if there is none."""

    name: str
    api: str = GITHUB_API
    token: str = ""

    def __repr__(self) -> str:
        """Return a text without the token."""
        return f"GithubRepository(name={self.name!r}, api={self.api!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubTag:
    """A tag on GitHub. `commit` is empty if GitHub does not have the tag.

    `is_used_up` is whether GitHub has rejected the tag in the last month because a deleted immutable release had it. If nobody has tried to
    push the tag since, GitHub has no record of that, and only the push tells. `unknown` is what could not be found out, with the reason.
    """

    commit: str = ""
    has_release: bool = False
    is_immutable: bool = False
    is_used_up: bool = False
    unknown: str = ""


class _UnexpectedAnswerError(Exception):
    """GitHub can't be reached, or does not answer with what was asked for; the text is the reason."""


class _Commit(msgspec.Struct, frozen=True):
    sha: str


class _Release(msgspec.Struct, frozen=True):
    immutable: bool = False


class _Repository(msgspec.Struct, frozen=True):
    full_name: str


class _RuleSuite(msgspec.Struct, frozen=True):
    id: int


class _RuleSource(msgspec.Struct, frozen=True):
    type: str | None = None


class _RuleEvaluation(msgspec.Struct, frozen=True):
    rule_source: _RuleSource = _RuleSource()


class _RuleSuiteDetails(msgspec.Struct, frozen=True):
    rule_evaluations: tuple[_RuleEvaluation, ...] = ()


_Value = TypeVar("_Value")


def github_repository(origin: str, environ: Mapping[str, str]) -> GithubRepository | None:
    """Return the repository on GitHub that the variables of GitHub Actions name, or else the URL of the remote `origin`, or None.

    A token is only used if it can be the value of an HTTP header.
    """
    match = re.search(r"(?:^|[/@.])github\.com(?::\d+)?[:/]/?([^/]+/[^/]+?)(?:\.git)?/?$", origin)
    name = environ.get("GITHUB_REPOSITORY") or (match[1] if match else "")
    if not re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", name):
        return None
    token = (environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or "").strip()
    api = environ.get("GITHUB_API_URL") or GITHUB_API
    return GithubRepository(name=name, api=api.rstrip("/"), token=token if re.fullmatch(r"[!-~]+", token) else "")


def find_github_tag(repository: GithubRepository, tag: str) -> GithubTag:
    """Return what GitHub knows about a tag. Raises `EvenfallError` (unknown) if a variable of this machine makes requests impossible."""
    api = _Api(repository)
    ref = quote(tag, safe="")
    found = GithubTag()
    try:
        with api.client:
            api.get(
                "", _Repository
            )  # because GitHub answers 404 for everything in a repository that the token may not read
            commit = api.get(f"/commits/tags/{ref}", _Commit, missing=(404, 409, 422))
            if commit is None:
                return GithubTag(is_used_up=api.has_used_up(tag))
            found = GithubTag(commit=commit.sha)
            release = api.get(f"/releases/tags/{ref}", _Release, missing=(404,))
            if release:
                return GithubTag(commit=commit.sha, has_release=True, is_immutable=release.immutable)
            return found
    except _UnexpectedAnswerError as error:
        return replace(found, unknown=str(error))


class _Api:
    """Reads the parts of a repository."""

    def __init__(self, repository: GithubRepository) -> None:
        self.client = new_client(seconds=TIMEOUT)
        self._url = f"{repository.api}/repos/{repository.name}"
        authorization = {"Authorization": f"Bearer {repository.token}"} if repository.token else {}
        self._headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"} | authorization

    def get(self, path: str, kind: type[_Value], *, missing: Collection[int] = ()) -> _Value | None:
        """Return a part of the repository, or None if GitHub answers with one of the statuses in `missing`.

        Raises `_UnexpectedAnswerError` if GitHub answers in any other way.
        """
        try:
            with open_url(self.client, f"{self._url}{path}", self._headers) as response:
                return msgspec.json.decode(response.read(), type=kind)
        except HttpError as error:
            if error.status in missing:
                return None
            raise _UnexpectedAnswerError(f"{self._url}{path}: {error}") from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise _UnexpectedAnswerError(f"{self._url}{path}: {error}") from error

    def has_used_up(self, tag: str) -> bool:
        """Return whether GitHub has rejected a push of the tag because an immutable release had it.

        This needs a token with write access.
        """
        ref = quote(f"refs/tags/{tag}", safe="")
        path = f"/rulesets/rule-suites?ref={ref}&rule_suite_result=fail&time_period=month"
        suites = self.get(path, tuple[_RuleSuite, ...]) or ()
        details = (
            self.get(f"/rulesets/rule-suites/{suite.id}", _RuleSuiteDetails) for suite in suites[:_MAX_REJECTIONS]
        )
        return any(
            evaluation.rule_source.type == "immutable_release_tag"
            for suite in details
            if suite
            for evaluation in suite.rule_evaluations
        )

"""The client for GitHub's REST and GraphQL API.

https://docs.github.com/en/rest, https://docs.github.com/en/graphql
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from evenfall.github_api.errors import DeniedError, GraphqlProblem, graphql_error, name_of, response_error, unknown
from evenfall.github_api.repository import GitHubRepository
from evenfall.github_api.retry import Waiting
from evenfall.github_api.transport import Transport

_Value = TypeVar("_Value")


class GitHubApi:
    """GitHub's API for one repository. It is a context manager.

    A path belongs to the repository, such as `branches/main`; with a slash at its start it belongs to the whole API, such as `/user`. Names
    in it are `quoted`. `permission` is what the token needs, such as `administration: read`, for the hint of an error.

    The methods raise `EvenfallError`: the token is not accepted or lacks a permission, or there is no such thing (`DeniedError`); GitHub
    rejects the values (`RejectedError`); GitHub can't be reached, limits the rate, or its answer is an error or of another form (unknown).
    """

    def __init__(self, repository: GitHubRepository, waiting: Waiting | None = None) -> None:
        self.repository = repository.name
        self._api = repository.api
        self._transport = Transport(repository, waiting or Waiting())
        self._known: dict[str, httpx.Response] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def get(self, path: str, kind: type[_Value], *, permission: str = "") -> _Value:
        """Return what is at a path, as `kind`."""
        return decode(self._get(path, permission), kind)

    def find(self, path: str, kind: type[_Value], *, absent: str, permission: str = "") -> _Value | None:
        """Return what is at a path, or None if GitHub answers 404 with the text `absent`, such as `Branch not protected`.

        Any other 404 can also mean that the token may not see it, and is a `DeniedError`.
        """
        response = self._find(path, absent, permission)
        return None if response is None else decode(response, kind)

    def exists(self, path: str, *, absent: str, permission: str = "") -> bool:
        """Return whether something is at a path that has no content, such as `vulnerability-alerts`. `absent` is as for `find`."""
        return self._find(path, absent, permission) is not None

    def get_all(self, path: str, kind: type[_Value], *, key: str = "", permission: str = "") -> tuple[_Value, ...]:
        """Return the items of all pages. `key` is the name of the list if a page is an object, such as `check_runs`."""
        found: list[_Value] = []
        total = 0
        visited: set[str] = set()
        url = f"{path}{'&' if '?' in path else '?'}per_page=100"
        while url:
            visited.add(url)
            response = self._get(url, permission)
            page, total = _page(response, key)
            found += _decode(page, tuple[kind, ...], response)  # type: ignore[valid-type]
            url = response.links.get("next", {}).get("url", "")
            if url in visited:
                raise unknown(f"{name_of(response.request)}: the pages have no end")
        if len(found) < total:
            raise unknown(f"{name_of(response.request)}: GitHub returned only {len(found)} of {total} {key}")
        return tuple(found)

    def put(self, path: str, body: Mapping[str, Any] | None = None, *, permission: str = "") -> httpx.Response:
        """Send a PUT request."""
        return self.request("PUT", path, json=body, permission=permission)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, permission: str = "") -> httpx.Response:
        """Send a POST request, which is never sent again after a failure."""
        return self.request("POST", path, json=body, permission=permission)

    def patch(self, path: str, body: Mapping[str, Any], *, permission: str = "") -> httpx.Response:
        """Send a PATCH request, which is never sent again after a failure."""
        return self.request("PATCH", path, json=body, permission=permission)

    def delete(self, path: str, *, permission: str = "") -> httpx.Response:
        """Send a DELETE request."""
        return self.request("DELETE", path, permission=permission)

    def graphql(self, query: str, variables: Mapping[str, Any], kind: type[_Value], *, permission: str = "") -> _Value:
        """Return the data of a GraphQL query or mutation, which is never sent again after a failure."""
        url = f"{self._api.removesuffix('/v3')}/graphql"  # https://HOST/api/v3 has https://HOST/api/graphql
        response = self.request("POST", url, json={"query": query, "variables": variables}, permission=permission)
        answer = decode(response, _GraphqlAnswer)
        if answer.errors:
            raise graphql_error(answer.errors, permission=permission)
        return _decode(answer.data, kind, response)

    def request(
        self, method: str, path: str, *, permission: str = "", codes: Collection[int] = (), **values: Any
    ) -> httpx.Response:
        """Return the response to a request, which has a status of success or one of `codes`.

        The path can be a whole URL of the same server. `values` are httpx's, such as `json`, `content` and `headers`.
        """
        response = self._transport.send(method, self._url(path), **values)
        if response.is_success or response.status_code in codes:
            return response
        raise response_error(response, permission=permission)

    def _find(self, path: str, absent: str, permission: str) -> httpx.Response | None:
        try:
            return self._get(path, permission)
        except DeniedError as error:
            if error.status == 404 and absent in error.reason:
                return None
            raise

    def _get(self, path: str, permission: str) -> httpx.Response:
        """Return the response to a GET request. GitHub does not count one that is unchanged since the last (304)."""
        known = self._known.get(path)
        headers = {"If-None-Match": known.headers["ETag"]} if known else {}
        response = self.request("GET", path, permission=permission, codes={304} if known else (), headers=headers)
        if known and response.status_code == 304:
            return known
        if "ETag" in response.headers:
            self._known[path] = response
        return response

    def _url(self, path: str) -> str:
        if path.startswith("/"):
            return self._api + path
        if path.startswith(("https://", "http://")):
            return path
        return f"{self._api}/repos/{self.repository}" + (path and f"/{path}")


class _GraphqlAnswer(msgspec.Struct, frozen=True):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: tuple[GraphqlProblem, ...] = ()


def quoted(name: str) -> str:
    """Return a name as one part of a path, which the names `.` and `..` would shorten."""
    return name.replace(".", "%2E") if name in {".", ".."} else quote(name, safe="")


def decode(response: httpx.Response, kind: type[_Value]) -> _Value:
    """Return the body of a response as `kind`. Raises `EvenfallError` (unknown) if it is something else."""
    return _decode(response.content, kind, response)


def _decode(content: bytes | msgspec.Raw, kind: type[_Value], response: httpx.Response) -> _Value:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise unknown(f"{name_of(response.request)}: the answer is not GitHub's: {error}") from error


def _page(response: httpx.Response, key: str) -> tuple[bytes | msgspec.Raw, int]:
    """Return the list of a page, and how many items all pages have; 0 if the page does not say it."""
    if not key:
        return response.content, 0
    page = decode(response, dict[str, msgspec.Raw])
    total = _decode(page.get("total_count", msgspec.Raw(b"0")), int, response)
    return page.get(key, msgspec.Raw(b"null")), total

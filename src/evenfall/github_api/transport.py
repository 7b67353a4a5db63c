"""How a request reaches GitHub: only its servers get the token, and what failed is sent again if that is safe.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

from typing import Any

import httpx

from evenfall.github_api.errors import unknown
from evenfall.github_api.repository import GitHubRepository
from evenfall.github_api.retry import RETRIES, Waiting, is_rate_limited, pause_after, problem_of
from evenfall.package_index.http import HttpError, new_client, send
from evenfall.text import one_line

TIMEOUT = 60
"""The number of seconds after which a silent server is given up."""
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
REDIRECTS = frozenset((301, 302, 307, 308))
"""GitHub asks to send the same request to the new address, of whatever method it is."""
MOST_REDIRECTS = 5
CHECK = "check GITHUB_API_URL, and the URL of the remote origin"


class Transport:
    """Sends requests to the API of one server."""

    def __init__(self, repository: GitHubRepository, waiting: Waiting) -> None:
        self._api = _url(repository.api)
        self._waiting = waiting
        self._waited = 0.0
        self._client = new_client(seconds=TIMEOUT)
        self._client.follow_redirects = False  # httpx makes a GET of a redirected PUT, which then changes nothing
        self._client.headers.update(HEADERS)
        if repository.token:
            self._client.headers["Authorization"] = f"Bearer {repository.token}"

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def send(self, method: str, url: str, **values: Any) -> httpx.Response:
        """Return the response to a request, with any status. `values` are httpx's, such as `json`, `content` and `headers`.

        Raises `EvenfallError` (unknown) if there is none, if it is a rate limit, or if the address is not on the API's server.
        """
        request = self._client.build_request(method, _url(url), **values)
        for _ in range(MOST_REDIRECTS + 1):
            self._check_server(request.url)
            response = self._send_again(request)
            if response.next_request is None or response.status_code not in REDIRECTS:
                return response
            request = self._client.build_request(method, response.next_request.url, **values)
        raise unknown(f"{_name(request)}: more than {MOST_REDIRECTS} redirects")

    def _check_server(self, url: httpx.URL) -> None:
        """Raise an error if the URL is on another server than that of the API or, for https://api.HOST, https://uploads.HOST."""
        uploads = self._api.host.replace("api.", "uploads.", 1) if self._api.host.startswith("api.") else self._api.host
        is_server = url.host in {self._api.host, uploads}
        if not is_server or (url.scheme, url.port) != (self._api.scheme, self._api.port):
            address = one_line(f"{url.scheme}://{url.host}")
            raise unknown(
                f"GitHub's answer points to {address}, which is not the server of the API, {self._api.host}, and gets no request",
                hint=CHECK,
            )

    def _send_again(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request, which is sent again as often as it is safe and the client may wait."""
        outcome = self._try(request)
        for attempt in range(RETRIES):
            pause = pause_after(request.method, outcome, attempt=attempt, now=self._waiting.clock())
            if pause is None or self._waited + pause > self._waiting.limit:
                break
            self._wait(pause, f"{_name(request)}: {problem_of(outcome)}")
            outcome = self._try(request)
        if isinstance(outcome, httpx.Response) and not is_rate_limited(outcome):
            return outcome
        later = f"in {pause:.0f} seconds" if pause and is_rate_limited(outcome) else "later"
        raise unknown(f"{_name(request)}: {problem_of(outcome)}", hint=f"try again {later}")

    def _try(self, request: httpx.Request) -> httpx.Response | HttpError:
        try:
            return send(self._client, request)
        except HttpError as error:
            return error

    def _wait(self, pause: float, reason: str) -> None:
        self._waiting.progress(f"{reason}; waiting {pause:.0f} s")
        self._waited += pause
        self._waiting.sleep(pause)


def _url(address: str) -> httpx.URL:
    try:
        return httpx.URL(address)
    except httpx.InvalidURL as error:
        raise unknown(f"invalid address of GitHub's API: {one_line(address)}: {error}", hint=CHECK) from error


def _name(request: httpx.Request) -> str:
    return f"{request.method} {request.url.copy_with(query=None)}"

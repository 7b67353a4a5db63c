"""How a request reaches GitHub: only its servers get the token, and what failed is sent again if that is safe.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

from typing import Any

import httpx

from evenfall.github_api.errors import message_of, unknown
from evenfall.github_api.repository import GitHubRepository
from evenfall.github_api.retry import RETRIES, Waiting, failure_pause, is_rate_limited, rate_limit_pause
from evenfall.package_index.http import HttpError, new_client, send
from evenfall.text import one_line

TIMEOUT = 60
"""The number of seconds after which a silent server is given up."""
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
REDIRECTS = frozenset((301, 302, 307, 308))
"""GitHub asks to send the same request to the new address, of whatever method it is."""
MOST_REDIRECTS = 5


class Transport:
    """Sends requests to the API of one server."""

    def __init__(self, repository: GitHubRepository, waiting: Waiting) -> None:
        self._api = httpx.URL(repository.api)
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
        request = self._client.build_request(method, url, **values)
        for _ in range(MOST_REDIRECTS + 1):
            self._check_server(request.url)
            response = self._send_again(request)
            location = response.headers.get("Location", "")
            if response.status_code not in REDIRECTS or not location:
                return response
            try:
                request = self._client.build_request(method, request.url.join(location), **values)
            except httpx.InvalidURL as error:
                raise unknown(f"{_name(request)}: GitHub redirects to an invalid address") from error
        raise unknown(f"{_name(request)}: more than {MOST_REDIRECTS} redirects")

    def _check_server(self, url: httpx.URL) -> None:
        """Raise an error if the URL is on another server than that of the API or, for https://api.HOST, https://uploads.HOST."""
        uploads = self._api.host.replace("api.", "uploads.", 1) if self._api.host.startswith("api.") else self._api.host
        is_server = url.host in {self._api.host, uploads}
        if not is_server or (url.scheme, url.port) != (self._api.scheme, self._api.port):
            address = one_line(f"{url.scheme}://{url.host}")
            raise unknown(
                f"GitHub's answer points to {address}, which is not the server of the API ({self._api.host}) and gets no request",
                hint="check GITHUB_API_URL, and the URL of the remote origin",
            )

    def _send_again(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request, which is sent again as often as it is safe and the client may wait."""
        for attempt in range(RETRIES + 1):
            response, reason = self._try(request)
            if response is not None and is_rate_limited(response):
                pause: float | None = rate_limit_pause(response, attempt=attempt, now=self._waiting.clock())
                is_answer = False
                reason = f"rate limit: {message_of(response)}"
            else:
                pause = failure_pause(request.method, response, attempt=attempt)
                is_answer = response is not None
            if pause is None or attempt == RETRIES or self._waited + pause > self._waiting.limit:
                break
            self._wait(pause, f"{_name(request)}: {reason}")
        if response is not None and is_answer:
            return response
        hint = "try again later" if pause is None else f"try again in {pause:.0f} seconds"
        raise unknown(f"{_name(request)}: {reason}", hint=hint)

    def _try(self, request: httpx.Request) -> tuple[httpx.Response | None, str]:
        """Return the response, or None, and what is wrong with it."""
        try:
            response = send(self._client, request)
        except HttpError as error:
            return None, str(error)
        return response, f"GitHub answered {response.status_code}"

    def _wait(self, pause: float, reason: str) -> None:
        self._waiting.progress(f"{reason}; waiting {pause:.0f} s")
        self._waited += pause
        self._waiting.sleep(pause)


def _name(request: httpx.Request) -> str:
    return f"{request.method} {request.url.copy_with(query=None)}"

"""When a request to GitHub is sent again, and after which pause.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from evenfall.github_api.errors import message_of

RETRIES = 4
"""How often one request is sent again."""
IDEMPOTENT = frozenset(("GET", "PUT", "DELETE"))
"""The methods of which a second request does nothing that the first has not done. A POST that failed can have created something."""
SERVER_ERRORS = frozenset((500, 502, 503, 504))
MINUTE = 60.0
"""The pause after a secondary rate limit for which GitHub names none."""


def _silent(text: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many seconds a client may wait in total before it sends requests again; 0 sends none again.

    `progress` gets a line for each pause of more than a few seconds.
    """

    limit: float = 0
    progress: Callable[[str], object] = _silent
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.time


def is_rate_limited(response: httpx.Response) -> bool:
    """Return whether GitHub has not processed the request because of a primary or secondary rate limit."""
    match response.status_code:
        case 429:
            return True
        case 403:
            headers = response.headers
            is_used_up = headers.get("X-RateLimit-Remaining") == "0"
            return is_used_up or "Retry-After" in headers or "rate limit" in message_of(response).lower()
        case _:
            return False


def rate_limit_pause(response: httpx.Response, *, attempt: int, now: float) -> float:
    """Return the seconds to wait after a response with a rate limit: as GitHub says, else a minute that doubles."""
    if seconds := _digits(response, "Retry-After"):
        return float(seconds)
    reset = _digits(response, "X-RateLimit-Reset")
    if reset and response.headers.get("X-RateLimit-Remaining") == "0":
        return max(int(reset) - now, 0.0) + 1
    return MINUTE * 2.0**attempt


def failure_pause(method: str, response: httpx.Response | None, *, attempt: int) -> float | None:
    """Return the seconds to wait after a server error, or after a connection that broke (None); None if there is no second request."""
    if method not in IDEMPOTENT or (response is not None and response.status_code not in SERVER_ERRORS):
        return None
    return float(_digits(response, "Retry-After") or 2.0**attempt)


def _digits(response: httpx.Response | None, header: str) -> str:
    """Return the value of a header if it is a number without a sign, else an empty string."""
    value = response.headers.get(header, "") if response is not None else ""
    return value if value.isascii() and value.isdigit() and len(value) < 15 else ""

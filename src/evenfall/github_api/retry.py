"""When a request to GitHub is sent again, and after which pause.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from evenfall.github_api.errors import message_of
from evenfall.package_index.http import HttpError

RETRIES = 4
"""How often one request is sent again."""
IDEMPOTENT = frozenset(("GET", "PUT", "DELETE"))
"""The methods of which a second request does nothing that the first has not done. A POST that failed can have created something."""
SERVER_ERRORS = frozenset((500, 502, 503, 504))
MINUTE = 60.0
"""The pause after a secondary rate limit for which GitHub names none."""

Outcome = httpx.Response | HttpError
"""The response to a request, or why there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many seconds a client may wait in total before it sends requests again. With 0 it sends none again.

    `progress` gets a line before each pause. `clock` returns the seconds since 1970.
    """

    limit: float = 0
    progress: Callable[[str], object] = str
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.time


def is_rate_limited(outcome: Outcome) -> bool:
    """Return whether GitHub has not executed the request because of a primary or secondary rate limit."""
    if isinstance(outcome, HttpError) or outcome.status_code not in {403, 429}:
        return False
    is_used_up = outcome.headers.get("X-RateLimit-Remaining") == "0"
    is_named = "Retry-After" in outcome.headers or "rate limit" in message_of(outcome).lower()
    return outcome.status_code == 429 or is_used_up or is_named


def pause_after(method: str, outcome: Outcome, *, attempt: int, now: float) -> float | None:
    """Return the seconds to wait before a request is sent again; None if it is not. `attempt` is how often it was sent again before."""
    named = _number(outcome, "Retry-After")
    if is_rate_limited(outcome):
        return (_until_reset(outcome, now) or MINUTE * 2.0**attempt) if named is None else named
    is_failure = isinstance(outcome, HttpError) or outcome.status_code in SERVER_ERRORS
    if not is_failure or method not in IDEMPOTENT:
        return None
    return 2.0**attempt if named is None else named


def problem_of(outcome: Outcome) -> str:
    """Return what is wrong with an outcome, on one line."""
    if isinstance(outcome, HttpError):
        return str(outcome)
    reason = message_of(outcome)
    return f"rate limit: {reason}" if is_rate_limited(outcome) else f"GitHub answered {outcome.status_code}: {reason}"


def _until_reset(outcome: Outcome, now: float) -> float | None:
    """Return the seconds until GitHub accepts requests again; None if the primary rate limit is not used up."""
    reset = _number(outcome, "X-RateLimit-Reset")
    is_used_up = _number(outcome, "X-RateLimit-Remaining") == 0
    return max(reset - now, 0) + 1 if is_used_up and reset is not None else None


def _number(outcome: Outcome, header: str) -> float | None:
    """Return the number in a header, None if it has none."""
    value = "" if isinstance(outcome, HttpError) else outcome.headers.get(header, "")
    return float(value) if re.fullmatch(r"[0-9]{1,12}", value) else None

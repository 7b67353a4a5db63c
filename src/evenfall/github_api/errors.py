"""What GitHub answers instead of a success, as errors of Evenfall.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import httpx
import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.text import one_line

_Value = TypeVar("_Value")

CORRECT = "correct what GitHub reports"


class RejectedError(EvenfallError):
    """GitHub rejects the values of a request (422)."""


class DeniedError(EvenfallError):
    """GitHub does not accept the token (401), refuses the request (403), or answers that there is no such thing (404).

    It also answers 404 for what the token may not see or change. `reason` is GitHub's own message. `permission` is what the token needs,
    such as `administration: read`, or empty if it is not known.
    """

    def __init__(self, message: str, *, status: int, reason: str, permission: str) -> None:
        self.status = status
        self.reason = reason
        self.permission = permission
        plan = "the plan of the repository's owner does not include this"
        super().__init__(message, hint=plan if self.is_plan_limit else token_hint(permission))

    @property
    def is_plan_limit(self) -> bool:
        """Whether only another plan of the repository's owner includes the feature, so that no token helps."""
        return "upgrade to " in self.reason.lower()


def token_hint(permission: str) -> str:
    """Return what to do about a token that is missing or lacks a permission."""
    needed = f"the permission {permission}" if permission else "more permissions"
    return f"set GH_TOKEN or GITHUB_TOKEN to a token with {needed} of this repository"


def unknown(message: str, *, hint: str = "try again later") -> EvenfallError:
    """Return the error for what could not be found out."""
    return EvenfallError(f"inconclusive: {message}", hint=hint, exit_code=Exit.UNKNOWN)


def response_error(response: httpx.Response, *, permission: str) -> EvenfallError:
    """Return the error for a response that is neither a success nor a rate limit. `permission` is what the request needs."""
    request = name_of(response.request)
    reason, status = message_of(response), response.status_code
    match status:
        case 401:
            message = f"GitHub does not accept the token: {reason}"
        case 403:
            message = f"{request}: GitHub refuses it: {reason}"
        case 404:
            message = f"{request}: {reason}; it does not exist, or the token may not see or change it"
        case 422:
            return RejectedError(f"{request}: GitHub rejects it: {reason}", hint=CORRECT)
        case _:
            return unknown(f"{request}: GitHub answered {status}: {reason}")
    return DeniedError(message, status=status, reason=reason, permission=_named_permission(response) or permission)


class GraphqlProblem(msgspec.Struct, frozen=True):
    """An error of a GraphQL request. `type` is such as `FORBIDDEN`."""

    message: str
    type: str = ""


def graphql_error(problems: Sequence[GraphqlProblem], *, permission: str) -> EvenfallError:
    """Return the error for a GraphQL request that GitHub did not execute, or only in part."""
    message = one_line(f"GraphQL: {'; '.join(problem.message for problem in problems)}")
    types = {problem.type for problem in problems}
    if types & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return DeniedError(message, status=403, reason=message, permission=permission)
    if "NOT_FOUND" in types:
        return DeniedError(message, status=404, reason=message, permission=permission)
    if "UNPROCESSABLE" in types:
        return RejectedError(message, hint=CORRECT)
    return unknown(message)


class _Problem(msgspec.Struct, frozen=True):
    field: str | None = None
    code: str | None = None
    message: str | None = None

    def __str__(self) -> str:
        return self.message or " ".join(filter(None, (self.field, self.code)))


class _Message(msgspec.Struct, frozen=True):
    message: str = ""


class _Details(msgspec.Struct, frozen=True):
    errors: tuple[_Problem | str, ...] | str = ()


def name_of(request: httpx.Request) -> str:
    """Return the method and the path of a request on one line."""
    return one_line(f"{request.method} {request.url.path}")


def message_of(response: httpx.Response) -> str:
    """Return the message of an error and its details on one line."""
    answer, details = _decode(response, _Message), _decode(response, _Details)
    if answer is None:
        return one_line(response.reason_phrase)
    errors = details.errors if details else ()
    problems = errors if isinstance(errors, str) else "; ".join(map(str, errors))
    return one_line(": ".join(filter(None, (answer.message, problems))))


def _decode(response: httpx.Response, kind: type[_Value]) -> _Value | None:
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return None


def _named_permission(response: httpx.Response) -> str:
    """Return the permission that GitHub says the request needs, such as `administration: read`, or an empty string."""
    names = one_line(response.headers.get("X-Accepted-GitHub-Permissions", ""))
    return names.replace("=", ": ").replace("; ", " or ").replace(";", " or ").replace(",", " and ")

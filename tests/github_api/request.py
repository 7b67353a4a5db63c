"""A request to the fake GitHub, and its refusal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.github_api.github_state import REPOSITORY


class Refusal(Exception):  # noqa: N818 - it is an answer
    """A request that GitHub answers with an error."""

    def __init__(self, status: int, message: str, *details: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "status": str(status)}
        if details:
            self.body["errors"] = list(details)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request. `path` is as for `GitHubApi`: below the repository, or with a slash at its start. `parts` are its parts without encoding.

    `level` is what the token may do: `admin`, `write` or `read`. `is_app` is whether it is the token of a workflow, which is no user.
    """

    method: str
    path: str
    parts: Sequence[str]
    query: Mapping[str, str]
    body: Any
    level: str
    is_app: bool

    @property
    def is_in_repository(self) -> bool:
        """Whether the endpoint is one of the repository."""
        return not self.path.startswith("/")

    @property
    def url_path(self) -> str:
        """The path below the address of the API."""
        return self.path if self.path.startswith("/") else f"/repos/{REPOSITORY}" + (self.path and f"/{self.path}")

    @property
    def is_admin(self) -> bool:
        """Whether the token may see and change the settings."""
        return self.level == "admin"

    def require_admin(self) -> None:
        """Refuse a token that is not an admin's, as GitHub does: it hides the endpoint from users."""
        if self.is_app:
            raise Refusal(403, "Resource not accessible by integration")
        if not self.is_admin:
            raise Refusal(404, "Not Found")


def without(value: Any, names: Collection[str]) -> Any:
    """Return a value without some fields, at any depth."""
    if isinstance(value, dict):
        return {name: without(each, names) for name, each in value.items() if name not in names}
    return [without(each, names) for each in value] if isinstance(value, list) else value

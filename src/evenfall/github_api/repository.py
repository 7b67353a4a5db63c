"""The repository of a project on GitHub, and the token for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

API = "https://api.github.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubRepository:
    """A repository, as `owner/name`, and the address of the API without a slash at its end. The token is empty if there is none."""

    name: str
    api: str = API
    token: str = field(default="", repr=False)


def github_repository(origin: str, environ: Mapping[str, str]) -> GitHubRepository | None:
    """Return the repository that GitHub Actions or else the URL of the remote `origin` names; None if that is not on GitHub.

    The token is that of `GH_TOKEN` or `GITHUB_TOKEN`, in the order of GitHub's own command line, if it can be the value of an HTTP header.
    https://cli.github.com/manual/gh_help_environment
    """
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    host = re.escape(server.partition("://")[2].rstrip("/"))
    pattern = rf"(?:https?://|ssh://(?:\w+@)?(?:ssh\.)?|\w+@){host}(?::\d+)?[:/]/?([^/]+/[^/]+?)(?:\.git)?/?"
    match = re.fullmatch(pattern, origin, re.IGNORECASE)
    name = environ.get("GITHUB_REPOSITORY") or (match[1] if match else "")
    if not re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", name):
        return None
    token = (environ.get("GH_TOKEN") or environ.get("GITHUB_TOKEN") or "").strip()
    api = (environ.get("GITHUB_API_URL") or API).rstrip("/")
    return GitHubRepository(name=name, api=api, token=token if re.fullmatch(r"[!-~]+", token) else "")

"""The repository of a project on GitHub, and the token for it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from evenfall.errors import EvenfallError
from evenfall.github_api.errors import token_hint

GITHUB = "github.com"
API = "https://api.github.com"
GH_TIMEOUT = 10
"""The number of seconds after which `gh` is given up, which can wait for the password of a key ring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubRepository:
    """A repository, as `owner/name`, and the address of the API without a slash at its end. The token is empty if there is none."""

    name: str
    api: str = API
    token: str = field(default="", repr=False)


def github_repository(origin: str, environ: Mapping[str, str]) -> GitHubRepository | None:
    """Return the repository that GitHub Actions or else the URL of the remote `origin` names; None if that is not on GitHub.

    The server is github.com, or that of `GITHUB_SERVER_URL` or `GH_HOST`. The token is that of a variable, in the order of GitHub's own
    command line `gh`, or else the one that `gh auth token` prints, if it can be the value of an HTTP header.
    https://cli.github.com/manual/gh_help_environment
    """
    server = environ.get("GITHUB_SERVER_URL") or f"https://{environ.get('GH_HOST') or GITHUB}"
    host = server.partition("://")[2].rstrip("/")
    pattern = rf"(?:https?://|ssh://(?:\w+@)?(?:ssh\.)?|\w+@){re.escape(host)}(?::\d+)?[:/]/?([^/]+/[^/]+?)(?:\.git)?/?"
    match = re.fullmatch(pattern, origin, re.IGNORECASE)
    name = environ.get("GITHUB_REPOSITORY") or (match[1] if match else "")
    if not re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", name):
        return None
    api = (environ.get("GITHUB_API_URL") or _api(host)).rstrip("/")
    token = _variable(host, environ)
    if not token and api == _api(host):  # the token that gh has for one server goes to no other
        token = _gh_token(host, environ)
    return GitHubRepository(name=name, api=api, token=token if re.fullmatch(r"[!-~]+", token) else "")


def repository_with_token(origin: str, environ: Mapping[str, str], *, permission: str) -> GitHubRepository:
    """Return the repository as `github_repository` does. `permission` is what the token needs, such as `administration: read`.

    Raises `EvenfallError` (usage) if the repository is not on GitHub, or if there is no token.
    """
    repository = github_repository(origin, environ)
    if repository is None:
        raise EvenfallError(
            "the project's repository on GitHub is not known",
            hint="git remote add origin URL, or set GITHUB_REPOSITORY to OWNER/NAME",
        )
    if not repository.token:
        raise EvenfallError(
            "no token for GitHub: neither GH_TOKEN nor GITHUB_TOKEN nor gh has one",
            hint=f"gh auth login, or {token_hint(permission)}",
        )
    return repository


def _api(host: str) -> str:
    """Return the address of a server's API. https://docs.github.com/en/enterprise-server/rest/using-the-rest-api"""
    if host == GITHUB:
        return API
    return f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"


def _variable(host: str, environ: Mapping[str, str]) -> str:
    enterprise = (
        () if host == GITHUB or host.endswith(".ghe.com") else ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
    )
    names = (*enterprise, "GH_TOKEN", "GITHUB_TOKEN")
    return next((environ[name] for name in names if environ.get(name)), "").strip()


def _gh_token(host: str, environ: Mapping[str, str]) -> str:
    """Return what `gh auth token` prints; an empty string if gh is not installed, has no token for the host, or does not answer."""
    program = shutil.which("gh", path=environ.get("PATH", ""))
    if program is None:
        return ""
    command = [program, "auth", "token", "--hostname", host]
    try:
        done = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=GH_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.decode(errors="replace").strip()

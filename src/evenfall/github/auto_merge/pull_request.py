"""The pull request that an event of GitHub names: whose it is, and what it changes.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from evenfall.errors import EvenfallError
from evenfall.github_api.client import GitHubApi, quoted
from evenfall.github_api.errors import unknown

DEPENDABOT = "dependabot[bot]"
"""The login of Dependabot. That of a user can't contain a bracket."""
SIGNER = "web-flow"
"""The committer of commits that GitHub itself makes and signs."""
CONTENTS = "contents: read"
PULLS = "pull-requests: read"
_Sha = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{40,64}\Z")]


class Account(msgspec.Struct, frozen=True):
    """A user or an app."""

    login: str
    type: str = "User"


class _Repository(msgspec.Struct, frozen=True):
    full_name: str


class _Side(msgspec.Struct, frozen=True):
    sha: _Sha
    ref: str
    repo: _Repository | None = None


class PullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request. The author is None if the account was deleted, and `repo` of the head is None if the fork was."""

    number: int
    node_id: str
    state: str
    user: Account | None
    head: _Side
    base: _Side
    auto_merge: dict[str, Any] | None = None

    @property
    def is_by_dependabot(self) -> bool:
        """Whether Dependabot opened it, from a branch of the repository itself."""
        head, base = self.head.repo, self.base.repo
        return bool(self.user and self.user.login == DEPENDABOT and head and base and head.full_name == base.full_name)


class _Event(msgspec.Struct, frozen=True):
    pull_request: PullRequest


def event_pull_request(path: str) -> PullRequest:
    """Return the pull request in the payload of an event, of which `path` is the file.

    Raises `EvenfallError` (usage) if there is no such file, or if it is another event.
    """
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=_Event).pull_request
    except (OSError, msgspec.DecodeError) as error:
        raise EvenfallError(
            "GITHUB_EVENT_PATH: not the payload of the event pull_request",
            hint="run it in a workflow that the event pull_request starts, such as the generated auto-merge.yml",
        ) from error


def current_state(api: GitHubApi, number: int) -> PullRequest:
    """Return a pull request as it is now."""
    return api.get(f"pulls/{number}", PullRequest, permission=PULLS)


class ChangedFile(msgspec.Struct, frozen=True):
    """A file that a pull request changes. `sha` is that of its new content, None if the file is deleted."""

    filename: str
    status: str
    sha: _Sha | None = None


class _Verification(msgspec.Struct, frozen=True):
    verified: bool = False


class _CommitObject(msgspec.Struct, frozen=True):
    verification: _Verification = _Verification()


class _Commit(msgspec.Struct, frozen=True):
    sha: _Sha
    commit: _CommitObject
    author: Account | None = None
    committer: Account | None = None

    @property
    def is_by_dependabot(self) -> bool:
        """Whether Dependabot made it. Any account can name another author, but only GitHub signs as `web-flow`."""
        accounts = (self.author and self.author.login, self.committer and self.committer.login)
        return accounts == (DEPENDABOT, SIGNER) and self.commit.verification.verified


class _Parent(msgspec.Struct, frozen=True):
    sha: _Sha


class Comparison(msgspec.Struct, frozen=True):
    """What a branch changes: its commits, and the files that differ from the commit where it began."""

    merge_base_commit: _Parent
    total_commits: int
    commits: tuple[_Commit, ...]
    files: tuple[ChangedFile, ...] = ()

    def problems(self, allowed: frozenset[str]) -> Iterator[str]:
        """Yield why the change is not one that Dependabot made to the `allowed` files."""
        if len(self.commits) != self.total_commits:
            yield f"GitHub shows only {len(self.commits)} of {self.total_commits} commits"
        for commit in self.commits:
            if not commit.is_by_dependabot:
                yield f"commit {commit.sha} is not one that Dependabot made; a comment with @dependabot recreate removes it"
        for file in self.files:
            if file.filename not in allowed or file.status != "modified":
                yield f"{file.filename} is {file.status}, and only {' and '.join(sorted(allowed))} may change"

    def blob(self, name: str) -> str | None:
        """Return the object of a file's new content, None if the file does not change."""
        return next((file.sha for file in self.files if file.filename == name), None)


def compare(api: GitHubApi, request: PullRequest) -> Comparison:
    """Return what the head of a pull request changes."""
    return api.get(f"compare/{request.base.sha}...{request.head.sha}", Comparison, permission=CONTENTS)


class _Content(msgspec.Struct, frozen=True):
    sha: _Sha


class _Blob(msgspec.Struct, frozen=True):
    content: str


def read_file(api: GitHubApi, commit: str, name: str) -> bytes:
    """Return the content of a file in a commit."""
    return read_blob(api, api.get(f"contents/{quoted(name)}?ref={commit}", _Content, permission=CONTENTS).sha)


def read_blob(api: GitHubApi, sha: str) -> bytes:
    """Return the content of an object. Unlike the endpoint for files, this one has more than 1 MB, and follows no symbolic link."""
    try:
        return base64.b64decode(api.get(f"git/blobs/{sha}", _Blob, permission=CONTENTS).content)
    except binascii.Error as error:
        raise unknown(f"git/blobs/{sha}: the answer is not GitHub's: {error}") from error

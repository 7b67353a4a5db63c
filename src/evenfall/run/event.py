"""The payload of the event that started a workflow, with the fields that sessions read: a push to an open pull request.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
"""

from __future__ import annotations

import json
from functools import lru_cache

from evenfall.git.commits import find_commit
from evenfall.git.repository import Repository
from evenfall.git.snapshot import Snapshot

NUMBER = 1
"""The number of the pull request."""

_TIME = "2026-01-01T00:00:00Z"


def base_branch(snapshot: Snapshot) -> str:
    """Return the branch that the pull request is for."""
    return snapshot.request.onto.removeprefix("origin/") or snapshot.repository.default_branch


def head_branch(snapshot: Snapshot) -> str:
    """Return the branch of the pull request: the current one, if it has a name and is not the base."""
    branch = snapshot.repository.branch
    return branch if branch and branch != base_branch(snapshot) else "evenfall"


@lru_cache(maxsize=1)
def event_text(snapshot: Snapshot) -> str:
    """Return the JSON of the payload. All jobs of a run have the same."""
    return json.dumps(pull_request_event(snapshot))


def pull_request_event(snapshot: Snapshot) -> dict[str, object]:
    """Return the payload, for a pull request from a branch of the repository itself."""
    repository = snapshot.repository
    owner = _user(repository.name_on_github.partition("/")[0])
    base, head = base_branch(snapshot), head_branch(snapshot)
    base_commit = find_commit(repository.top, snapshot.request.onto or f"refs/remotes/origin/{base}") or snapshot.head
    address = f"https://github.com/{repository.name_on_github}"
    return {
        "action": "synchronize",
        "number": NUMBER,
        "before": base_commit,
        "after": snapshot.head,
        "pull_request": {
            "id": 1,
            "number": NUMBER,
            "state": "open",
            "locked": False,
            "draft": False,
            "title": f"Merge {head}",
            "body": None,
            "url": f"https://api.github.com/repos/{repository.name_on_github}/pulls/{NUMBER}",
            "html_url": f"{address}/pull/{NUMBER}",
            "diff_url": f"{address}/pull/{NUMBER}.diff",
            "patch_url": f"{address}/pull/{NUMBER}.patch",
            "user": owner,
            "author_association": "OWNER",
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "labels": [],
            "milestone": None,
            "created_at": _TIME,
            "updated_at": _TIME,
            "closed_at": None,
            "merged_at": None,
            "merged": False,
            "mergeable": None,
            "merge_commit_sha": snapshot.commit,
            "commits": 1,
            "base": _branch(repository, base, base_commit),
            "head": _branch(repository, head, snapshot.head),
        },
        "repository": _repository(repository),
        "sender": owner,
    }


def _branch(repository: Repository, name: str, commit: str) -> dict[str, object]:
    owner = repository.name_on_github.partition("/")[0]
    label = f"{owner}:{name}"
    return {"label": label, "ref": name, "sha": commit, "user": _user(owner), "repo": _repository(repository)}


def _repository(repository: Repository) -> dict[str, object]:
    owner, _, name = repository.name_on_github.partition("/")
    return {
        "id": 1,
        "name": name,
        "full_name": repository.name_on_github,
        "private": False,
        "owner": _user(owner),
        "html_url": f"https://github.com/{owner}/{name}",
        "url": f"https://api.github.com/repos/{owner}/{name}",
        "clone_url": f"https://github.com/{owner}/{name}.git",
        "ssh_url": f"git@github.com:{owner}/{name}.git",
        "default_branch": repository.default_branch,
        "fork": False,
        "visibility": "public",
    }


def _user(login: str) -> dict[str, object]:
    return {
        "login": login,
        "id": 1,
        "type": "User",
        "url": f"https://api.github.com/users/{login}",
        "html_url": f"https://github.com/{login}",
        "site_admin": False,
    }

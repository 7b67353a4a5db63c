"""A pull request of Dependabot on the fake GitHub."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.github_api.fake_github import FakeGitHub
from tests.github_api.github_state import ACTIONS, REPOSITORY
from tests.github_api.openapi import problems_of_request
from tests.github_api.request import Call, Refusal
from tests.supply_chain.index import Index, metadata, zipped

BASE, HEAD = "b" * 40, "d" * 40
"""The commit where the branch began, unless it is another one, and its last commit."""
NUMBER = 7
BOT = {"login": "dependabot[bot]", "type": "Bot"}
WORKFLOW = {"login": "github-actions[bot]", "type": "Bot"}
GATES = ("All CI checks pass", "All security checks pass")


class Update:
    """A pull request: its author, its commits, the contents of its files before and after, and what was done to it.

    `before` and `after` are by path. `is_clean` is whether nothing is left to wait for, so that GitHub refuses to enable auto-merge.
    """

    def __init__(self, fake: FakeGitHub, before: dict[str, str], after: dict[str, str], base: str = BASE) -> None:
        self.before, self.after, self.base = before, after, base
        self.author: dict[str, str] | None = BOT
        self.head_repository: str | None = REPOSITORY
        self.head = HEAD
        self.state = "open"
        self.commits = [commit(HEAD)]
        self.total_commits = 1
        self.is_clean = False
        self.rejection = ""
        self.auto_merge: dict[str, Any] | None = None
        self.reviews: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.merged: dict[str, Any] | None = None
        require(fake, *GATES)
        fake.routes |= {
            ("GET", f"pulls/{NUMBER}"): lambda call: self.pull_request(),
            ("GET", "compare/.*"): self._compare,
            ("GET", "contents/.*"): self._content,
            ("GET", "git/blobs/.*"): self._blob,
            ("GET", f"pulls/{NUMBER}/reviews"): lambda call: self.reviews,
            ("POST", f"pulls/{NUMBER}/reviews"): self._review,
            ("PUT", f"pulls/{NUMBER}/merge"): self._merge,
            ("GET", f"issues/{NUMBER}/comments"): lambda call: self.comments,
            ("POST", f"issues/{NUMBER}/comments"): self._comment,
            ("PATCH", "issues/comments/[0-9]+"): self._edit,
            ("POST", "/graphql"): self._graphql,
        }

    @property
    def event(self) -> dict[str, Any]:
        """The payload of the event `pull_request`."""
        return {"action": "opened", "number": NUMBER, "pull_request": self.pull_request()}

    def pull_request(self) -> dict[str, Any]:
        repo = {"full_name": self.head_repository} if self.head_repository else None
        return {
            "number": NUMBER,
            "node_id": "PR_7",
            "state": self.state,
            "user": self.author,
            "head": {"sha": self.head, "ref": "dependabot/uv/oil", "repo": repo},
            "base": {"sha": self.base, "ref": "main", "repo": {"full_name": REPOSITORY}},
            "auto_merge": self.auto_merge,
        }

    def _compare(self, call: Call) -> dict[str, Any]:
        assert call.path == f"compare/{self.base}...{self.head}"
        files = [
            {"filename": name, "status": "modified" if name in self.before else "added", "sha": sha(text)}
            for name, text in self.after.items()
            if self.before.get(name) != text
        ]
        return {
            "merge_base_commit": {"sha": self.base},
            "total_commits": self.total_commits,
            "commits": self.commits,
            "files": files,
        }

    def _content(self, call: Call) -> dict[str, Any]:
        assert call.query["ref"] == self.base
        return {"type": "file", "sha": sha(self.before[call.parts[1]])}

    def _blob(self, call: Call) -> dict[str, Any]:
        texts = {sha(text): text for text in (*self.before.values(), *self.after.values())}
        content = base64.encodebytes(texts[call.parts[2]].encode()).decode()
        return {"sha": call.parts[2], "content": content, "encoding": "base64"}

    def _review(self, call: Call) -> dict[str, Any]:
        assert not problems_of_request(call.method, call.path, call.body)
        state = {"APPROVE": "APPROVED"}[call.body["event"]]
        self.reviews.append({"state": state, "body": call.body["body"], "commit_id": call.body["commit_id"]})
        return self.reviews[-1]

    def _merge(self, call: Call) -> dict[str, Any]:
        assert not problems_of_request(call.method, call.path, call.body)
        if call.body["sha"] != self.head:
            raise Refusal(409, "Head branch was modified. Review and try the merge again.")
        self.merged = call.body
        return {"merged": True}

    def _comment(self, call: Call) -> dict[str, Any]:
        assert not problems_of_request(call.method, call.path, call.body)
        self.comments.append({"id": len(self.comments) + 1, "body": call.body["body"], "user": WORKFLOW})
        return self.comments[-1]

    def _edit(self, call: Call) -> dict[str, Any]:
        assert not problems_of_request("POST", f"issues/{NUMBER}/comments", call.body)
        comment = next(each for each in self.comments if each["id"] == int(call.parts[2]))
        comment["body"] = call.body["body"]
        return comment

    def _graphql(self, call: Call) -> dict[str, Any]:
        variables = call.body["variables"]
        assert variables["request"] == "PR_7"
        if "disablePullRequestAutoMerge" in call.body["query"]:
            self.auto_merge = None
            return {"data": {"disablePullRequestAutoMerge": {"clientMutationId": None}}}
        assert "enablePullRequestAutoMerge" in call.body["query"]
        problem = "Pull request is in clean status" if self.is_clean else self.rejection
        if variables["head"] != self.head:
            problem = "Head sha does not match"
        if problem:
            return {"data": None, "errors": [{"type": "UNPROCESSABLE", "message": problem}]}
        self.auto_merge = {"enabled_by": {"login": call.level}, "merge_method": variables["method"].lower()}
        return {"data": {"enablePullRequestAutoMerge": {"clientMutationId": None}}}


def require(fake: FakeGitHub, *checks: str) -> None:
    """Require checks on the default branch, of which there is no other ruleset."""
    named = [{"context": check, "integration_id": ACTIONS} for check in checks]
    parameters = {"strict_required_status_checks_policy": True, "required_status_checks": named}
    fake.rulesets.clear()
    fake.add_ruleset(rules=[{"type": "required_status_checks", "parameters": parameters}, {"type": "deletion"}])


def commit(name: str, *, author: str = BOT["login"], committer: str = "web-flow", verified: bool = True) -> Any:
    return {
        "sha": name,
        "author": {"login": author},
        "committer": {"login": committer},
        "commit": {"verification": {"verified": verified}},
    }


def locked(index: Index, name: str, version: str, *, digest: str = "") -> str:
    """Return the lock's table of a package, which is on the index. `digest` is another hash than that of its wheel."""
    text = metadata(name, version)
    wheel = zipped({f"{name}-{version}.dist-info/METADATA": text.encode()})
    file = index.add(f"{name}-{version}-py3-none-any.whl", wheel, metadata=text)
    hashed = f"sha256:{digest}" if digest else file.hash
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "{index.registry}" }}\n'
        f'wheels = [{{ url = "{file.url}", hash = "{hashed}", upload-time = "2020-01-01T00:00:00Z" }}]\n'
    )


def sha(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()

"""Branches, commits and pull requests of the fake GitHub."""

from __future__ import annotations

import base64
from typing import Any

from evenfall.github.refresh_tools import BRANCH
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.request import Call

BASE = "b" * 40
"""The commit of the branch main."""


class GitData:
    """The references, the files of commits and the pull requests of a repository."""

    def __init__(self, fake: FakeGitHub) -> None:
        self.references = {"heads/main": BASE}
        self.blobs: dict[str, bytes] = {}
        self.trees: dict[str, list[dict[str, Any]]] = {}
        self.commits: dict[str, dict[str, Any]] = {}
        self.requests: list[dict[str, Any]] = []
        fake.routes |= {
            ("GET", "git/ref/heads/main"): lambda call: self._reference("heads/main"),
            ("GET", "git/matching-refs/.*"): lambda call: [self._reference(name) for name in self.references],
            ("GET", f"git/commits/{BASE}"): lambda call: {"sha": BASE, "tree": {"sha": "t" * 40}},
            ("POST", "git/blobs"): self._blob,
            ("POST", "git/trees"): self._tree,
            ("POST", "git/commits"): self._commit,
            ("POST", "git/refs"): lambda call: self._move(call.body["ref"].removeprefix("refs/"), call),
            ("PATCH", "git/refs/.*"): lambda call: self._move(call.path.removeprefix("git/refs/"), call),
            ("GET", "pulls"): lambda call: self.requests if call.query["head"].endswith(f":{BRANCH}") else [],
            ("POST", "pulls"): self._pull,
            ("PATCH", "pulls/[0-9]+"): self._edit,
        }

    @property
    def proposed(self) -> dict[str, bytes | None]:
        """The files that the branch of the pull request changes, by path; None if it removes one."""
        commit = self.commits[self.references[f"heads/{BRANCH}"]]
        assert commit["parents"] == [BASE]
        return {entry["path"]: entry["sha"] and self.blobs[entry["sha"]] for entry in self.trees[commit["tree"]]}

    def _reference(self, name: str) -> dict[str, Any]:
        return {"ref": f"refs/{name}", "object": {"sha": self.references[name]}}

    def _blob(self, call: Call) -> dict[str, str]:
        sha = f"{len(self.blobs):040}"
        self.blobs[sha] = base64.b64decode(call.body["content"])
        return {"sha": sha}

    def _tree(self, call: Call) -> dict[str, str]:
        assert call.body["base_tree"] == "t" * 40
        sha = f"{len(self.trees):039}t"
        self.trees[sha] = call.body["tree"]
        return {"sha": sha}

    def _commit(self, call: Call) -> dict[str, str]:
        sha = f"{len(self.commits):039}c"
        self.commits[sha] = call.body
        return {"sha": sha}

    def _move(self, name: str, call: Call) -> dict[str, Any]:
        assert call.method == "POST" or call.body["force"]
        self.references[name] = call.body["sha"]
        return self._reference(name)

    def _pull(self, call: Call) -> dict[str, Any]:
        assert (call.body["head"], call.body["base"]) == (BRANCH, "main")
        number = len(self.requests) + 1
        request = {"number": number, "html_url": f"https://example.org/pull/{number}", "body": call.body["body"]}
        self.requests.append(request)
        return request

    def _edit(self, call: Call) -> dict[str, Any]:
        request = self.requests[int(call.parts[1]) - 1]
        request |= call.body
        return request

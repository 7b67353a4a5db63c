from __future__ import annotations

import base64
import datetime
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError
from evenfall.github.refresh_tools import BRANCH, ToolUpdate, propose_update, update_tools
from evenfall.github_api.client import GitHubApi
from evenfall.project.uv import uv
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.request import Call

pytestmark = pytest.mark.integration

HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["idna", "iniconfig"]\n# ///\n'
UPDATE = ToolUpdate(name="idna", before="3.6", after="3.10")
BASE = "b" * 40


def lock(root: Path, newest: str) -> None:
    (root / "noxfile.py").write_text(HEADER)
    uv(root, "lock", "--quiet", f"--exclude-newer={newest}", "--script", "noxfile.py")


def date(year: int, month: int) -> datetime.datetime:
    return datetime.datetime(year, month, 1, tzinfo=datetime.UTC)


def test_tools_are_updated_to_releases_that_are_older_than_the_cooldown(tmp_path: Path) -> None:
    lock(tmp_path, "2024-01-01T00:00:00Z")
    # idna 3.7 was uploaded on 2024-04-11.
    assert update_tools(tmp_path, cooldown_days=30, now=date(2024, 5)) == ()
    updates = update_tools(tmp_path, cooldown_days=7, now=date(2024, 5))
    assert list(map(str, updates)) == ["idna 3.6 -> 3.7"]
    assert "exclude-newer" not in (tmp_path / "noxfile.py.lock").read_text()


def test_no_tool_gets_an_older_version(tmp_path: Path) -> None:
    lock(tmp_path, "2024-05-01T00:00:00Z")
    assert update_tools(tmp_path, cooldown_days=90, now=date(2024, 5)) == ()


def test_a_missing_lock_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"noxfile\.py\.lock"):
        update_tools(tmp_path, cooldown_days=7, now=date(2024, 5))


class Git:
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
        }

    @property
    def proposed(self) -> bytes:
        """The lock on the branch of the pull request."""
        commit = self.commits[self.references[f"heads/{BRANCH}"]]
        assert commit["parents"] == [BASE]
        (entry,) = self.trees[commit["tree"]]
        assert entry["path"] == "noxfile.py.lock"
        return self.blobs[entry["sha"]]

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

    def _pull(self, call: Call) -> dict[str, str]:
        assert (call.body["head"], call.body["base"]) == (BRANCH, "main")
        request = {"html_url": f"https://example.org/pull/{len(self.requests) + 1}", "body": call.body["body"]}
        self.requests.append(request)
        return request


def test_an_update_is_proposed_in_one_pull_request_that_is_used_again(
    tmp_path: Path, fake: FakeGitHub, api: GitHubApi
) -> None:
    git = Git(fake)
    file = tmp_path / "noxfile.py.lock"
    file.write_text("first")
    assert propose_update(api, tmp_path, (UPDATE,)) == "https://example.org/pull/1"
    assert git.proposed == b"first"
    assert "idna 3.6 -> 3.10" in git.requests[0]["body"]
    file.write_text("second")
    assert propose_update(api, tmp_path, (UPDATE,)) == "https://example.org/pull/1"
    assert git.proposed == b"second"
    assert git.references["heads/main"] == BASE

"""Update `noxfile.py.lock`, which Dependabot does not read, and propose the update in a pull request."""

from __future__ import annotations

import base64
import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.github_api.client import GitHubApi, decode, quoted
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.lockfile import Lockfile, read_lockfile
from evenfall.project.uv import uv

BRANCH = "evenfall/refresh-tools"
TITLE = f"Update the tools in {SCRIPT_LOCK}"
PERMISSION = "contents: write and pull-requests: write"
_OPTIONS = re.compile(r"^\[options[\].].*?(?=^\[(?!options))", re.MULTILINE | re.DOTALL)
"""The tables of a lock with the options of uv, such as `exclude-newer` of the project's `[tool.uv]`, which applies to scripts, too."""
_NOTE = (
    "If a workflow opened this pull request with its default token, its checks do not start by themselves: close the pull request and "
    "reopen it. With `token-secret` in `[tool.evenfall.github]` they start."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUpdate:
    """A package of the lock whose version changes. A version is empty if the package is only in the other lock."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name} {self.before or '(none)'} -> {self.after or '(removed)'}"


def update_tools(root: Path, *, cooldown_days: int, now: datetime.datetime) -> tuple[ToolUpdate, ...]:
    """Lock the newest versions that are older than the cooldown, and return the changes.

    No package gets an older version: one that is locked in a newer version than the cooldown allows keeps it.

    Raises `EvenfallError`: the lock is missing or broken (usage), or uv can't lock (unknown).
    """
    path = root / SCRIPT_LOCK
    before = read_lockfile(path)
    options = "".join(_OPTIONS.findall(path.read_text(encoding="utf-8")))
    limit = min([now - datetime.timedelta(days=cooldown_days), *_dates(options)])
    newer = {name: time for name, time in _upload_times(before).items() if time > limit}
    limits = (
        f"--exclude-newer={_printed(limit)}",
        *(f"--exclude-newer-package={name}={_printed(time)}" for name, time in newer.items()),
    )
    uv(root, "lock", "--quiet", "--upgrade", *limits, "--script", NOXFILE)
    # The lock must keep the limit of the project instead of this one. Otherwise uv would lock anew.
    text = path.read_text(encoding="utf-8")
    path.write_text(_OPTIONS.sub(lambda _: options, text, count=1), encoding="utf-8", newline="\n")
    uv(root, "lock", "--check", "--script", NOXFILE)
    return _differences(before, read_lockfile(path))


def _dates(options: str) -> list[datetime.datetime]:
    """Return the date of `exclude-newer` in the options of a lock, if it is not a duration, of which the date has no effect."""
    dates = () if "exclude-newer-span" in options else re.findall(r'^exclude-newer = "([^"]+)"', options, re.MULTILINE)
    return [datetime.datetime.fromisoformat(date) for date in dates]


def _printed(time: datetime.datetime) -> str:
    """Return a limit for uv: a second later, because the limit itself is excluded."""
    return (time + datetime.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _upload_times(lock: Lockfile) -> dict[str, datetime.datetime]:
    """Return the time of the last upload of each locked package, as far as the lock states it."""
    times: dict[str, datetime.datetime] = {}
    uploads = ((package.name, file.upload_time) for package in lock.package for file in package.files)
    for name, time in ((name, datetime.datetime.fromisoformat(text)) for name, text in uploads if text):
        times[name] = max(time, times.get(name, time))
    return times


def _differences(before: Lockfile, after: Lockfile) -> tuple[ToolUpdate, ...]:
    old, new = ({package.name: package.version or "" for package in lock.package} for lock in (before, after))
    names = sorted({*old, *new})
    updates = (ToolUpdate(name=name, before=old.get(name, ""), after=new.get(name, "")) for name in names)
    return tuple(update for update in updates if update.before != update.after)


class _Repository(msgspec.Struct, frozen=True):
    default_branch: str


class _Object(msgspec.Struct, frozen=True):
    sha: str


class _Reference(msgspec.Struct, frozen=True):
    ref: str
    object: _Object


class _Commit(msgspec.Struct, frozen=True):
    tree: _Object


class _PullRequest(msgspec.Struct, frozen=True):
    number: int
    html_url: str


def propose_update(api: GitHubApi, root: Path, updates: tuple[ToolUpdate, ...], paths: Iterable[str]) -> str:
    """Commit files to a branch of its own, based on the default branch, and return the URL of its open pull request.

    `paths` are the lock and the generated files that change with it; a file that does not exist is removed. The branch and its pull
    request are used again. Raises `EvenfallError` as `GitHubApi` does.
    """
    base = api.get("", _Repository).default_branch
    head = api.get(f"git/ref/heads/{quoted(base)}", _Reference).object.sha
    _move_branch(api, _commit(api, head, root, paths))
    owner = api.repository.partition("/")[0]
    body = "\n".join([*(f"- {update}" for update in updates), "", _NOTE])
    for request in api.get_all(f"pulls?state=open&head={owner}:{BRANCH}", _PullRequest, permission=PERMISSION):
        api.patch(f"pulls/{request.number}", {"body": body}, permission=PERMISSION)
        return request.html_url
    values = {"title": TITLE, "body": body, "head": BRANCH, "base": base}
    return decode(api.post("pulls", values, permission=PERMISSION), _PullRequest).html_url


def _commit(api: GitHubApi, parent: str, root: Path, paths: Iterable[str]) -> str:
    """Make a commit with the files, and return it. No branch has it yet, so that an open pull request is never without a change."""
    tree = {
        "base_tree": api.get(f"git/commits/{parent}", _Commit).tree.sha,
        "tree": [{"path": path, "mode": "100644", "type": "blob", "sha": _blob(api, root / path)} for path in paths],
    }
    tree_sha = decode(api.post("git/trees", tree, permission=PERMISSION), _Object).sha
    commit = {"message": TITLE, "tree": tree_sha, "parents": [parent]}
    return decode(api.post("git/commits", commit, permission=PERMISSION), _Object).sha


def _blob(api: GitHubApi, file: Path) -> str | None:
    """Send the content of a file and return its name, or return None, which removes the file from a tree."""
    if not file.is_file():
        return None
    blob = {"content": base64.b64encode(file.read_bytes()).decode("ascii"), "encoding": "base64"}
    return decode(api.post("git/blobs", blob, permission=PERMISSION), _Object).sha


def _move_branch(api: GitHubApi, commit: str) -> None:
    """Move the branch to a commit, or make it."""
    references = api.get_all(f"git/matching-refs/heads/{BRANCH}", _Reference)
    if any(reference.ref == f"refs/heads/{BRANCH}" for reference in references):
        api.patch(f"git/refs/heads/{BRANCH}", {"sha": commit, "force": True}, permission=PERMISSION)
    else:
        api.post("git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": commit}, permission=PERMISSION)

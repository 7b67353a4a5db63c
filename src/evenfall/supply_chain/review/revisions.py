"""The edge to git: which two states are compared, and the lock of each."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.git import commits
from evenfall.git.commits import find_commit, is_shallow, merge_base
from evenfall.git.repository import find_top
from evenfall.project import lockfile
from evenfall.project.current_lock import read_project_lock
from evenfall.project.lockfile import Lockfile, checked_project_lock, parse_lockfile

WORK_TREE = "the work tree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Two revisions; no `base` is before the first commit, no `head` is the work tree."""

    base: str
    head: str = ""

    @property
    def shown(self) -> tuple[str, str]:
        """Both as they are told."""
        return self.base or "nothing", self.head or WORK_TREE


def chosen(root: Path, asked: str, default_branch: str) -> Range:
    """What `BASE` or `BASE..HEAD` means; without it, what a pull request or a push from here would bring.

    Raises `EvenfallError`: a revision that is asked for does not exist (usage), or the base is not in this clone (unknown).
    """
    find_top(root)  # what keeps git from answering at all is no missing commit
    if not asked:
        return Range(base=_usual_base(root, default_branch))
    base, dots, head = asked.partition("..")
    if not base or (dots and not head) or head.startswith("."):
        raise EvenfallError(f"{asked!r}: it is not BASE or BASE..HEAD", hint="evenfall review main..HEAD")
    for revision in filter(None, (base, head)):
        if not find_commit(root, revision):
            raise EvenfallError(f"{revision!r}: no commit of that name", hint="git branch --all, or git fetch")
    return Range(base=base, head=head)


def _usual_base(root: Path, default_branch: str) -> str:
    """The base of the pull request, what the branch was before the push, where it began, or the commit before.

    Empty: before the first commit.
    """
    if target := os.environ.get("GITHUB_BASE_REF"):
        return _shared(root, _reached(root, f"origin/{target}"))
    pushed = _before_the_push()
    if pushed and pushed.strip("0"):
        return _reached(root, pushed)
    upstream = _upstream(root, default_branch)
    head = find_commit(root, "HEAD")
    if upstream and (base := merge_base(root, upstream, "HEAD")) not in {"", head}:
        return base
    if pushed or not head:  # all of the branch is new on GitHub, or there is no commit at all
        return ""
    return "HEAD~1" if find_commit(root, "HEAD~1") or (is_shallow(root) and _reached(root, "HEAD~1")) else ""


def _upstream(root: Path, default_branch: str) -> str:
    """The remote's default branch as it is known here; empty where there is no remote.

    Raises `EvenfallError` (unknown) where there is one, and nobody knows its default branch.
    """
    for name in (f"origin/{default_branch}", "origin/HEAD"):
        if find_commit(root, name):
            return name
    if commits.has_references(root, "refs/remotes/origin"):
        raise EvenfallError(
            f"origin/{default_branch}: it is not in this clone, so nobody can say where this branch began",
            hint="git remote set-head origin --auto; or [tool.evenfall] default-branch; or name a base: evenfall review BASE",
            exit_code=Exit.UNKNOWN,
        )
    return ""


def _shared(root: Path, upstream: str) -> str:
    """Where HEAD left it, or the whole of it where they share nothing. Raises `EvenfallError` (unknown) where a clone is too shallow."""
    if base := merge_base(root, upstream, "HEAD"):
        return base
    if is_shallow(root):
        raise _not_here(f"where this branch left {upstream}")
    return upstream


def _before_the_push() -> str:
    """What the branch was before a push, on GitHub (https://docs.github.com/webhooks/webhook-events-and-payloads#push).

    Zeros for a branch's first push; empty where nothing is known of it: on a desk, on another event.
    """
    try:
        event = msgspec.json.decode(Path(os.environ["GITHUB_EVENT_PATH"]).read_bytes(), type=_Push)
    except (KeyError, OSError, msgspec.MsgspecError):
        return ""
    return event.before


class _Push(msgspec.Struct):
    before: str = ""


def _reached(root: Path, revision: str) -> str:
    if not find_commit(root, revision):
        raise _not_here(revision)
    return revision


def _not_here(what: str) -> EvenfallError:
    return EvenfallError(
        f"{what}: it is not in this clone, so nobody can say what changed",
        hint="git fetch --unshallow, or git fetch origin COMMIT; or name a base: evenfall review BASE",
        exit_code=Exit.UNKNOWN,
    )


def base_lock(root: Path, revision: str) -> Lockfile | None:
    """The lock of a base, or `None` where it has none that holds a project, as those of early uv, or is before the first commit.

    Raises `EvenfallError` as `head_lock` does.
    """
    lock = _lock_of(root, revision) if revision else None
    return lock if lock and lock.is_whole else None


def head_lock(root: Path, revision: str) -> Lockfile:
    """The lock of a revision; of the work tree without one.

    Raises `EvenfallError`: as `read_project_lock` does (usage), or git can't read it (unknown).
    """
    if not revision:
        return read_project_lock(root / lockfile.NAME)
    lock = _lock_of(root, revision)
    if lock is None:
        raise EvenfallError(f"{lockfile.NAME}: {revision} has none", hint="uv lock, and commit it")
    return checked_project_lock(lock, f"{_plain(revision)}:{lockfile.NAME}")


def _lock_of(root: Path, revision: str) -> Lockfile | None:
    content = commits.read_file_at(root, revision, lockfile.NAME)
    return None if content is None else parse_lockfile(content, f"{_plain(revision)}:{lockfile.NAME}")


def _plain(revision: str) -> str:
    return re.sub(r"[^\w./~^@{}-]", "_", revision)

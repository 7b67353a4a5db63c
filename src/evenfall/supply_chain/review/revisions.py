"""The two revisions that a review compares, and the lock of each."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import find_commit, has_references, merge_base, read_file_at
from evenfall.git.repository import find_repository, find_top
from evenfall.git.tracked import differs_from_head
from evenfall.project.lock_subject import LockSubject
from evenfall.project.lockfile import Lockfile, parse_lockfile, read_lockfile, require_complete_lock
from evenfall.project.toml import lock_command

REMOTE = "origin"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRange:
    """Two revisions. An empty `base` is the state before the first commit, an empty `head` is the work tree."""

    base: str
    head: str = ""


def find_range(subject: LockSubject, requested: str) -> RevisionRange:
    """Return the range that `requested`, `BASE` or `BASE..HEAD`, means. Without it, return the range of the pull request, push or branch.

    Raises `EvenfallError`: usage if a requested revision does not exist; unknown if the base is not in this clone.
    """
    root = subject.root
    find_top(root)  # raises an error if git can't read the repository; otherwise every commit would seem to be missing
    if not requested:
        return RevisionRange(base=_default_base(subject))
    base, dots, head = requested.partition("..")
    if not base or (dots and not head) or head.startswith("."):
        raise EvenfallError(f"{requested!r}: expected BASE or BASE..HEAD", hint="evenfall review main..HEAD")
    for revision in filter(None, (base, head)):
        if not find_commit(root, revision):
            raise EvenfallError(f"{revision!r}: there is no such commit", hint="git branch --all, or git fetch")
    return RevisionRange(base=base, head=head)


def _default_base(subject: LockSubject) -> str:
    """Return the base of the pull request, the commit before a push, the point where the branch began, or the previous commit.

    Instead of the previous commit it is HEAD if the lock has changes that are not committed. The base of a new branch without any of
    these is empty.
    """
    root = subject.root
    if target := os.environ.get("GITHUB_BASE_REF"):
        return _branch_point(root, _require_commit(root, f"{REMOTE}/{target}"))
    before_push = _commit_before_push()
    if before_push.strip("0"):
        return _require_commit(root, before_push)
    upstream = _remote_default_branch(root, subject.settings.default_branch)
    head = find_commit(root, "HEAD")
    if upstream and (base := merge_base(root, upstream, "HEAD")) not in {"", head}:
        return base
    is_new_on_github = bool(before_push)
    if is_new_on_github or not head:
        return ""
    if differs_from_head(root, subject.lock_name) and base_lock(subject, "HEAD"):
        return "HEAD"
    previous = "HEAD~1"
    return _require_commit(root, previous) if find_repository(root).is_shallow or find_commit(root, previous) else ""


def _remote_default_branch(root: Path, default_branch: str) -> str:
    """Return the remote's default branch. Return an empty string if there is no remote.

    Raises `EvenfallError` (unknown) if there is a remote without this branch.
    """
    for name in (f"{REMOTE}/{default_branch}", f"{REMOTE}/HEAD"):
        if find_commit(root, name):
            return name
    if has_references(root, f"refs/remotes/{REMOTE}"):
        raise EvenfallError(
            f"{REMOTE}/{default_branch}: not in this clone, so the start of this branch is unknown",
            hint=f"git remote set-head {REMOTE} --auto; or [tool.evenfall] default-branch; or name a base: evenfall review BASE",
            exit_code=Exit.UNKNOWN,
        )
    return ""


def _branch_point(root: Path, target: str) -> str:
    """Return the commit where HEAD left a branch, or the branch itself if they have no common commit.

    Raises `EvenfallError` (unknown) if a shallow clone does not contain it.
    """
    if base := merge_base(root, target, "HEAD"):
        return base
    if find_repository(root).is_shallow:
        raise _missing(f"the commit where this branch left {target}")
    return target


class _PushEvent(msgspec.Struct):
    before: str = ""


def _commit_before_push() -> str:
    """Return the commit of the branch before a push on GitHub: zeros for a new branch, empty for another event or outside GitHub.

    https://docs.github.com/webhooks/webhook-events-and-payloads#push
    """
    try:
        content = Path(os.environ["GITHUB_EVENT_PATH"]).read_bytes()
        return msgspec.json.decode(content, type=_PushEvent).before
    except (KeyError, OSError, msgspec.MsgspecError):
        return ""


def _require_commit(root: Path, revision: str) -> str:
    if not find_commit(root, revision):
        raise _missing(revision)
    return revision


def _missing(commit: str) -> EvenfallError:
    return EvenfallError(
        f"{commit}: not in this clone, so the changes are unknown",
        hint="git fetch --unshallow, or git fetch origin COMMIT; or name a base: evenfall review BASE",
        exit_code=Exit.UNKNOWN,
    )


def base_lock(subject: LockSubject, revision: str) -> Lockfile | None:
    """Return the lock of the base, or None if the base has none that contains a project; early versions of uv wrote such locks.

    Raises `EvenfallError` as `head_lock` does.
    """
    lock = _lock_at(subject, revision) if revision else None
    return lock if lock and lock.is_complete else None


def head_lock(subject: LockSubject, revision: str) -> Lockfile:
    """Return the lock of a revision, or of the work tree if it is empty.

    It is not checked whether the lock of the work tree is current. Raises `EvenfallError`: usage as `read_lockfile` and
    `require_complete_lock` do; unknown if git can't read the file.
    """
    if not revision:
        return require_complete_lock(
            read_lockfile(subject.root / subject.lock_name, subject.lock_name), subject.lock_name
        )
    lock = _lock_at(subject, revision)
    if lock is None:
        command = lock_command(Path(subject.lock_name))
        raise EvenfallError(f"{subject.lock_name}: not in {revision}", hint=f"{command}, and commit it")
    return require_complete_lock(lock, _name_at(subject, revision))


def _lock_at(subject: LockSubject, revision: str) -> Lockfile | None:
    content = read_file_at(subject.root, revision, subject.lock_name)
    return None if content is None else parse_lockfile(content, _name_at(subject, revision))


def _name_at(subject: LockSubject, revision: str) -> str:
    safe = re.sub(r"[^\w./~^@{}-]", "_", revision)
    return f"{safe}:{subject.lock_name}"

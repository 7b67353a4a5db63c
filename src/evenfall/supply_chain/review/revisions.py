"""The edge to git: which two states are compared, and the lock of each."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.project import lockfile
from evenfall.project.current_lock import read_project_lock
from evenfall.project.git import git, git_answer, toplevel
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
    toplevel(root)  # what keeps git from answering at all is no missing commit
    if not asked:
        return Range(base=_usual_base(root, default_branch))
    base, dots, head = asked.partition("..")
    if not base or (dots and not head) or head.startswith("."):
        raise EvenfallError(f"{asked!r}: it is not BASE or BASE..HEAD", hint="evenfall review main..HEAD")
    for revision in filter(None, (base, head)):
        if not _commit(root, revision):
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
    head = _commit(root, "HEAD")
    if upstream and (base := _merge_base(root, upstream)) not in {"", head}:
        return base
    if pushed or not head:  # all of the branch is new on GitHub, or there is no commit at all
        return ""
    return "HEAD~1" if _commit(root, "HEAD~1") or (_is_shallow(root) and _reached(root, "HEAD~1")) else ""


def _upstream(root: Path, default_branch: str) -> str:
    """The remote's default branch as it is known here; empty where there is no remote.

    Raises `EvenfallError` (unknown) where there is one, and nobody knows its default branch.
    """
    for name in (f"origin/{default_branch}", "origin/HEAD"):
        if _commit(root, name):
            return name
    if git(root, "for-each-ref", "--count=1", "refs/remotes/origin"):
        raise EvenfallError(
            f"origin/{default_branch}: it is not in this clone, so nobody can say where this branch began",
            hint="git remote set-head origin --auto; or [tool.evenfall] default-branch; or name a base: evenfall review BASE",
            exit_code=Exit.UNKNOWN,
        )
    return ""


def _shared(root: Path, upstream: str) -> str:
    """Where HEAD left it, or the whole of it where they share nothing. Raises `EvenfallError` (unknown) where a clone is too shallow."""
    if base := _merge_base(root, upstream):
        return base
    if _is_shallow(root):
        raise _not_here(f"where this branch left {upstream}")
    return upstream


def _merge_base(root: Path, upstream: str) -> str:
    """Where HEAD left it; empty where they share nothing."""
    return git_answer(root, "merge-base", upstream, "HEAD", codes=(0, 1))[1].strip()


def _is_shallow(root: Path) -> bool:
    return git(root, "rev-parse", "--is-shallow-repository").strip() == "true"


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
    if not _commit(root, revision):
        raise _not_here(revision)
    return revision


def _not_here(what: str) -> EvenfallError:
    return EvenfallError(
        f"{what}: it is not in this clone, so nobody can say what changed",
        hint="git fetch --unshallow, or git fetch origin COMMIT; or name a base: evenfall review BASE",
        exit_code=Exit.UNKNOWN,
    )


def _commit(root: Path, revision: str) -> str:
    options = ("--verify", "--quiet", "--end-of-options")
    return git(root, "rev-parse", *options, f"{revision}^{{commit}}", codes=(0, 1, 128)).strip()


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
    if not git(root, "ls-tree", "--name-only", "--end-of-options", revision, f"./{lockfile.NAME}"):
        return None
    code, content = git_answer(root, "show", "--end-of-options", f"{revision}:./{lockfile.NAME}", codes=(0, 128))
    if code:
        raise EvenfallError(
            f"{lockfile.NAME}: git can't read that of {revision}", hint="git fetch, or git fsck", exit_code=Exit.UNKNOWN
        )
    return parse_lockfile(content.encode("utf-8", "surrogateescape"), f"{_plain(revision)}:{lockfile.NAME}")


def _plain(revision: str) -> str:
    return re.sub(r"[^\w./~^@{}-]", "_", revision)

"""The edge to git: which two states are compared, and the lock of each."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.project import lockfile
from evenfall.project.git import git, git_answer
from evenfall.project.lockfile import Lockfile, parse_lockfile, read_project_lock

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

    Raises `EvenfallError` (usage): a revision does not exist, or a shallow clone does not reach the base.
    """
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
    """The base of the pull request, of the branch, or the commit before."""
    if target := os.environ.get("GITHUB_BASE_REF"):
        return _merge_base(root, _reached(root, f"origin/{target}"))
    if before := _before_the_push():
        return _reached(root, before)
    upstream = f"origin/{default_branch}"
    if _commit(root, upstream) and (base := _merge_base(root, upstream)) not in {"", _commit(root, "HEAD")}:
        return base
    if _commit(root, "HEAD~1"):
        return "HEAD~1"
    if git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        return _reached(root, "HEAD~1")
    return ""


def _merge_base(root: Path, upstream: str) -> str:
    """Where HEAD left it; empty where they share nothing."""
    return git_answer(root, "merge-base", upstream, "HEAD", codes=(0, 1))[1].strip()


def _before_the_push() -> str:
    """What the branch was before a push, on GitHub (https://docs.github.com/webhooks/webhook-events-and-payloads#push).

    Empty where nothing is known of it: on a desk, on another event, for a branch's first push.
    """
    try:
        event = msgspec.json.decode(Path(os.environ["GITHUB_EVENT_PATH"]).read_bytes(), type=_Push)
    except (KeyError, OSError, msgspec.MsgspecError):
        return ""
    return event.before if event.before.strip("0") else ""


class _Push(msgspec.Struct):
    before: str = ""


def _reached(root: Path, revision: str) -> str:
    if not _commit(root, revision):
        raise EvenfallError(
            f"{revision}: it is not in this clone, so nobody can say what changed",
            hint="git fetch --unshallow, or git fetch origin; or name a base: evenfall review BASE",
        )
    return revision


def _commit(root: Path, revision: str) -> str:
    options = ("--verify", "--quiet", "--end-of-options")
    return git(root, "rev-parse", *options, f"{revision}^{{commit}}", codes=(0, 1, 128)).strip()


def lock_of(root: Path, revision: str, *, is_base: bool) -> Lockfile:
    """The lock of a revision; of the work tree without one. A base may have none, which is an empty one.

    Raises `EvenfallError` (usage) as `read_lockfile` does.
    """
    if not revision:
        return Lockfile(version=lockfile.VERSION) if is_base else read_project_lock(root / lockfile.NAME)
    if not git(root, "ls-tree", "--name-only", "--end-of-options", revision, f"./{lockfile.NAME}"):
        if is_base:
            return Lockfile(version=lockfile.VERSION)
        raise EvenfallError(f"{lockfile.NAME}: {revision} has none", hint="uv lock, and commit it")
    code, content = git_answer(root, "show", "--end-of-options", f"{revision}:./{lockfile.NAME}", codes=(0, 128))
    if code:
        raise EvenfallError(
            f"{lockfile.NAME}: git can't read that of {revision}", hint="git fetch, or git fsck", exit_code=Exit.UNKNOWN
        )
    return parse_lockfile(content.encode("utf-8", "surrogateescape"), f"{_plain(revision)}:{lockfile.NAME}")


def _plain(revision: str) -> str:
    return re.sub(r"[^\w./~^@{}-]", "_", revision)

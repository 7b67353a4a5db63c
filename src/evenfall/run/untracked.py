"""What lies in the work tree and is not in the snapshot, so not on a runner either: to be named, for it explains many a red run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evenfall.project.git import git
from evenfall.project.repository import Repository

UNTRACKED = "untracked"
IGNORED = "ignored by git"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A path relative to the repository, a folder's with a slash at its end, and why the snapshot has not what lies there."""

    path: str
    why: str


def find_left_out(repository: Repository, *, staged: bool) -> tuple[LeftOut, ...]:
    """Untracked and intent-to-add paths, those that git was told not to look at, changed submodules; with `staged`, unstaged changes."""
    return (*_by_status(repository, staged=staged), *_by_flags(repository))


def _by_status(repository: Repository, *, staged: bool) -> Iterator[LeftOut]:
    """https://git-scm.com/docs/git-status#_porcelain_format_version_2"""
    options = ("--porcelain=v2", "-z", "--untracked-files=normal", "--no-renames", "--ignore-submodules=none")
    for entry in git(repository.top, "--no-optional-locks", "status", *options).split("\0"):
        if entry.startswith("? "):
            yield LeftOut(entry[2:], UNTRACKED)
        elif entry.startswith("1 "):
            _, changed, submodule, *_, path = entry.split(" ", 8)
            if submodule.startswith("S") and submodule.strip("S."):
                yield LeftOut(path, "a submodule with changes of its own")
            elif changed == ".A":
                yield LeftOut(
                    path, "only intended to be added" if staged else "only intended to be added; taken as it is"
                )
            elif staged and changed[1] != ".":
                yield LeftOut(path, "changed since it was staged")


def _by_flags(repository: Repository) -> Iterator[LeftOut]:
    """https://git-scm.com/docs/git-ls-files#Documentation/git-ls-files.txt--v"""
    for entry in git(repository.top, "ls-files", "-v", "-z").split("\0"):
        tag, path = entry[:1], entry[2:]
        if tag in {"S", "s"}:
            yield LeftOut(path, "skip-worktree is set: the committed version is taken")
        elif tag.islower():
            yield LeftOut(path, "assume-unchanged is set: the committed version is taken")


def find_ignored(repository: Repository) -> tuple[LeftOut, ...]:
    """What git ignores; asked for only when something failed, for it may be a lot."""
    options = ("--others", "--ignored", "--exclude-standard", "--directory", "-z")
    listed = git(repository.top, "ls-files", *options).split("\0")
    return tuple(LeftOut(path, IGNORED) for path in listed if path)

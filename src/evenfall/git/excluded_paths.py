"""Paths whose content in the work tree is not in a snapshot. CI does not have it either, which explains many failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evenfall.git.command import git
from evenfall.git.repository import Repository
from evenfall.git.tracked import ignored_paths, uncompared_files

UNTRACKED = "untracked"
IGNORED = "ignored by git"


@dataclass(frozen=True, slots=True)
class ExcludedPath:
    """A path relative to the repository, and the reason why the snapshot does not contain it. A folder's path ends with a slash."""

    path: str
    reason: str


def find_excluded(repository: Repository, *, staged: bool) -> tuple[ExcludedPath, ...]:
    """Return untracked and intent-to-add paths, paths that git does not compare, and changed submodules.

    With `staged`, files with unstaged changes are excluded, too.
    """
    return (*_by_status(repository, staged=staged), *_by_flags(repository))


def find_ignored(repository: Repository) -> tuple[ExcludedPath, ...]:
    """Return the paths that git ignores. There may be many, so a run asks for them only after a failure."""
    return tuple(ExcludedPath(path, IGNORED) for path in ignored_paths(repository.top))


def _by_status(repository: Repository, *, staged: bool) -> Iterator[ExcludedPath]:
    """Yield the paths that `git status` reports: https://git-scm.com/docs/git-status#_porcelain_format_version_2"""
    options = ("--porcelain=v2", "-z", "--untracked-files=normal", "--no-renames", "--ignore-submodules=none")
    for entry in git(repository.top, "--no-optional-locks", "status", *options).fields:
        if entry.startswith("? "):
            yield ExcludedPath(entry[2:], UNTRACKED)
        elif entry.startswith("1 "):
            _, changed, submodule, *_, path = entry.split(" ", 8)
            if submodule.startswith("S") and submodule.strip("S."):
                yield ExcludedPath(path, "a submodule with local changes")
            elif changed == ".A":
                effect = "not included" if staged else "included as it is"
                yield ExcludedPath(path, f"added with --intent-to-add, {effect}")
            elif staged and changed[1] != ".":
                yield ExcludedPath(path, "changed since it was staged")


def _by_flags(repository: Repository) -> Iterator[ExcludedPath]:
    for path, flag in uncompared_files(repository.top).items():
        yield ExcludedPath(path, f"{flag} is set: the committed version is taken")

"""All commits of a repository and the files that are not committed yet, in a bare repository for a scanner."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.git.alternates import write_borrowing_repository
from evenfall.git.private_index import PrivateIndex, make_private_index
from evenfall.git.repository import Repository
from evenfall.git.tracked import untracked_files


@dataclass(frozen=True, kw_only=True)
class CommitHistory:
    """A bare repository at `folder` that borrows all objects of the user's repository and has none of its configuration.

    `commits` are all commits that HEAD reaches, oldest first; none before the first commit. `uncommitted` are temporary commits
    without parents: of the work tree with the untracked files that git does not ignore, and of the index if it differs.
    `nested_repositories` are the untracked folders of the work tree that are repositories; no commit contains their files.
    """

    folder: Path
    commits: tuple[str, ...]
    uncommitted: tuple[str, ...]
    nested_repositories: tuple[str, ...]

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The position of each commit in `commits`, from 0 for the oldest."""
        return {commit: position for position, commit in enumerate(self.commits)}

    @property
    def tips(self) -> tuple[str, ...]:
        """The commits from which git reaches all others."""
        return (*self.commits[-1:], *self.uncommitted)


@contextlib.contextmanager
def commit_history(repository: Repository) -> Iterator[CommitHistory]:
    """Yield the history of a repository, which stays as it is.

    Raises `EvenfallError`: the clone is shallow (unknown), or git reports an error, like a file that can't be read (usage).
    """
    if repository.is_shallow:
        raise EvenfallError(
            f"{repository.top}: a shallow clone: the history before its oldest commit is missing",
            hint="git fetch --unshallow; on GitHub: history=True of the session, or fetch-depth: 0 of actions/checkout",
            exit_code=Exit.UNKNOWN,
        )
    with tempfile.TemporaryDirectory(prefix="evenfall-") as temporary:
        index = make_private_index(repository, Path(temporary))
        nested = tuple(path for path in untracked_files(repository.top, env=index.env) if path.endswith("/"))
        uncommitted = _commit_files(index, nested)
        folder = Path(temporary, "history.git")
        write_borrowing_repository(
            folder,
            objects=(index.objects, repository.objects),
            object_format=repository.object_format,
            head=uncommitted[0],
        )
        yield CommitHistory(folder=folder, commits=_commits(index), uncommitted=uncommitted, nested_repositories=nested)


def _commits(index: PrivateIndex) -> tuple[str, ...]:
    head = index.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}", codes=(0, 1)).line
    return tuple(index.git("rev-list", "--topo-order", "--reverse", head).text.split()) if head else ()


def _commit_files(index: PrivateIndex, nested: tuple[str, ...]) -> tuple[str, ...]:
    """Commit the files of the work tree, and the index if it differs.

    The copy of the index keeps the recorded times of the files, so git reads only changed files.
    """
    staged = () if index.unmerged_paths() else (index.write_tree(),)
    _clear_flags(index)
    configuration = ("-c", "add.ignoreErrors=false", "-c", "core.safecrlf=false")
    paths = (":/", *(f":(top,exclude,literal){path}" for path in nested))
    index.git(*configuration, "add", "--all", *_sparse_option(index), "--", *paths)
    trees = dict.fromkeys((index.write_tree(), *staged))
    return tuple(index.commit(tree) for tree in trees)


def _sparse_option(index: PrivateIndex) -> tuple[str, ...]:
    """Return the option with which git adds files outside a sparse checkout; a git without the option adds them anyway."""
    is_sparse = index.git("config", "--type=bool", "--get", "core.sparseCheckout", codes=(0, 1)).line == "true"
    return ("--sparse",) if is_sparse else ()


def _clear_flags(index: PrivateIndex) -> None:
    """Let git compare all files again, also those for which the user has set assume-unchanged or skip-worktree.

    `git add` then removes skip-worktree files that do not exist; the staged tree has them.
    """
    entries = index.git("ls-files", "-v", "-z").fields
    flags = {
        "--no-assume-unchanged": [entry[2:] for entry in entries if entry[0].islower()],
        "--no-skip-worktree": [entry[2:] for entry in entries if entry[0] in "Ss"],
    }
    for flag, paths in flags.items():
        if paths:
            index.git("update-index", flag, "-z", "--stdin", stdin=os.fsencode("\0".join(paths)))

"""A snapshot: exactly the tree that a runner would check out. The user's repository, index and objects stay as they are."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evenfall.errors import EvenfallError
from evenfall.git.alternates import alternates_variable
from evenfall.git.command import check_git_version, git
from evenfall.git.commits import find_commit
from evenfall.git.excluded_paths import ExcludedPath, find_excluded
from evenfall.git.private_index import PrivateIndex, make_private_index
from evenfall.git.repository import Repository

MERGE_TREE = (2, 38)
"""The first git with `merge-tree --write-tree`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRequest:
    """What a snapshot contains: the tracked files as they are `now`, the `staged` ones, or a `commit`; merged `onto` a base, if named."""

    kind: Literal["now", "staged", "commit"] = "now"
    revision: str = ""
    onto: str = ""

    def __str__(self) -> str:
        names = {"now": "the tracked files as they are", "staged": "the staged files", "commit": self.revision}
        return f"{names[self.kind]}, merged onto {self.onto}" if self.onto else names[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A tree and two commits of it, and the object folders that contain them.

    `commit` has no parent; `head` has its history, and is the user's own commit if the tree is that commit's tree. `store` contains
    the new objects. `is_head` is whether `head`, before a merge, is the user's HEAD, which `git push` would push.
    """

    repository: Repository
    request: SnapshotRequest
    tree: str
    commit: str
    head: str
    store: Path
    is_head: bool
    excluded: tuple[ExcludedPath, ...] = ()

    @property
    def objects(self) -> tuple[Path, ...]:
        """The object folders in which git finds the snapshot, its own first."""
        return (self.store, self.repository.objects)

    def checkout_commit(self, *, history: bool) -> str:
        """Return the commit that a checkout has, with or without its history."""
        return self.head if history else self.commit

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all files."""
        options = ("-r", "-z", "--name-only", self.tree)
        return git(self.repository.top, "ls-tree", *options, env=alternates_variable(self.store)).fields


def take_snapshot(repository: Repository, request: SnapshotRequest, folder: Path) -> Snapshot:
    """Take a snapshot. All that git writes goes into `folder`, which exists already.

    Raises `EvenfallError` (usage): git tracks no file, paths are unmerged, a revision does not exist, a merge conflicts.
    """
    index = make_private_index(repository, folder)
    current = head = find_commit(repository.top, "HEAD", env=index.env)
    if request.kind == "commit":
        head = _find_revision(index, request.revision)
        tree = _tree_of(index, head)
    else:
        tree = _tree_of_files(index, request)
    if tree == _empty_tree(index):
        raise _no_files(repository)
    if not head or _tree_of(index, head) != tree:
        head = index.commit(tree, *([head] if head else []))
    is_head = head == current
    if request.onto:
        head, tree = _merge(index, request.onto, head)
    _fetch_missing(index, tree)
    return Snapshot(
        repository=repository,
        request=request,
        tree=tree,
        commit=index.commit(tree),
        head=head,
        store=index.objects,
        is_head=is_head,
        excluded=() if request.kind == "commit" else find_excluded(repository, staged=request.kind == "staged"),
    )


def _tree_of_files(index: PrivateIndex, request: SnapshotRequest) -> str:
    """Return the tree of the index, unless `staged` after an update from the work tree, as `git commit --all` makes it."""
    if not index.repository.index.is_file():
        raise _no_files(index.repository)
    if unmerged := index.unmerged_paths():
        raise EvenfallError(f"unmerged paths: {', '.join(unmerged)}", hint="resolve the conflicts, then git add them")
    if request.kind == "now":
        # `git add` alone would update the time of an object in the user's repository for each file that only may have changed.
        index.git("update-index", "-q", "--refresh", codes=(0, 1))
        if changed := index.git("diff-files", "-z", "--name-only", "--ignore-submodules=dirty").fields:
            paths = os.fsencode("\0".join(changed))
            options = ("--update", "--pathspec-from-file=-", "--pathspec-file-nul")
            # It exits with 1 for a file outside of a sparse checkout, which it leaves out as `git commit --all` does.
            index.git("--literal-pathspecs", "add", *options, codes=(0, 1), stdin=paths)
    return index.write_tree()


def _no_files(repository: Repository) -> EvenfallError:
    return EvenfallError(f"{repository.top}: git tracks no file here", hint="git add --all && git commit")


def _fetch_missing(index: PrivateIndex, tree: str) -> None:
    """Fetch the files that a partial clone lacks, all at once: a comparison with the empty tree makes git fetch them.

    Raises `EvenfallError` (usage) with git's message if they can't be fetched.
    """
    if index.git("config", "--get-regexp", r"^remote\..*\.promisor$", codes=(0, 1)).text:
        index.git("diff-tree", "-r", "--numstat", "--no-renames", _empty_tree(index), tree)


def _empty_tree(index: PrivateIndex) -> str:
    return index.git("hash-object", "-t", "tree", "--stdin").line


def _find_revision(index: PrivateIndex, revision: str) -> str:
    commit = find_commit(index.repository.top, revision, env=index.env)
    if not commit:
        raise EvenfallError(
            f"{revision!r}: no commit of that name in {index.repository.top}",
            hint="git branch --all, or git fetch if the branch is the remote's",
        )
    return commit


def _tree_of(index: PrivateIndex, commit: str) -> str:
    return index.git("rev-parse", "--verify", f"{commit}^{{tree}}").line


def _merge(index: PrivateIndex, base: str, head: str) -> tuple[str, str]:
    """Return the merge commit that CI tests for a pull request, and its tree. Raises `EvenfallError` (usage) if it conflicts."""
    check_git_version(MERGE_TREE, "--onto")
    onto = _find_revision(index, base)
    options = ("--write-tree", "-z", "--name-only", "--no-messages")
    output = index.git("merge-tree", *options, onto, head, codes=(0, 1))
    tree, *files = filter(None, output.fields)
    if output.code:  # git names no file if folders conflict
        problem = f"these files conflict: {', '.join(files)}" if files else "it conflicts"
        raise EvenfallError(f"onto {base}: {problem}", hint=f"git merge {shlex.quote(base)}, and resolve it")
    return index.commit(tree, onto, head), tree

"""A snapshot: exactly the tree that git would hand a runner, taken without touching the user's repository, index or objects."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evenfall.errors import EvenfallError
from evenfall.project.git import copy_index, git, git_answer
from evenfall.project.repository import Repository, check_git, quoted
from evenfall.run.untracked import LeftOut, find_left_out

MERGES_TREES = (2, 38)
"""The first git with `merge-tree --write-tree`."""

# A tree gives the same commit wherever and whenever its snapshot is taken.
_CONSTANT = {
    "GIT_AUTHOR_NAME": "evenfall",
    "GIT_AUTHOR_EMAIL": "evenfall@localhost",
    "GIT_AUTHOR_DATE": "2001-01-01T00:00:00+0000",
    "GIT_COMMITTER_NAME": "evenfall",
    "GIT_COMMITTER_EMAIL": "evenfall@localhost",
    "GIT_COMMITTER_DATE": "2001-01-01T00:00:00+0000",
}

# What git would otherwise write beside the user's own: a shared index, LFS objects; or a daemon or a hook that it would start.
_TOUCHING_NOTHING = (
    *("-c", "core.splitIndex=false", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"),
    *("-c", f"core.hooksPath={os.devnull}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What to take: the tracked files as they are `now`, the `staged` ones, or a `commit`; merged `onto` a base where one is named."""

    kind: Literal["now", "staged", "commit"] = "now"
    revision: str = ""
    onto: str = ""

    def __str__(self) -> str:
        what = {"now": "the tracked files as they are", "staged": "what is staged", "commit": self.revision}[self.kind]
        return f"{what}, merged onto {self.onto}" if self.onto else what


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A tree, a commit of it without history, one with it, and the object folders in which git finds them, `store` first.

    `head` is the commit with history: a real one where the tree is a commit's own. `is_head`: this is what `git push` would push.
    """

    repository: Repository
    source: Source
    tree: str
    commit: str
    head: str
    store: Path
    is_head: bool
    left_out: tuple[LeftOut, ...] = ()

    @property
    def alternates(self) -> str:
        """The lines of `objects/info/alternates` (gitrepository-layout(5))."""
        return "".join(f"{quoted(folder)}\n" for folder in (self.store, self.repository.objects))


def take_snapshot(repository: Repository, source: Source, store: Path) -> Snapshot:
    """Take it; all that git writes goes into `store`, a folder that is there already.

    Raises `EvenfallError` (usage): nothing is tracked, paths are unmerged, a revision does not exist, a merge conflicts.
    """
    objects = store / "objects"
    objects.mkdir()
    env = {
        "GIT_DIR": str(repository.git_dir),
        "GIT_WORK_TREE": str(repository.top),
        "GIT_INDEX_FILE": str(store / "index"),
        "GIT_OBJECT_DIRECTORY": str(objects),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(repository.objects),
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
    current = head = _commit_of(repository, "HEAD", env)
    if source.kind == "commit":
        head = _named(repository, source.revision, env)
        tree = _tree_of(repository, head, env)
    else:
        tree = _tree_of_files(repository, source, store, env)
    if tree == _empty_tree(repository, env):
        raise EvenfallError(f"{repository.top}: git tracks no file here", hint="git add --all && git commit")
    if head is None or _tree_of(repository, head, env) != tree:
        head = _commit(repository, tree, [head] if head else [], env)
    is_head = head == current
    if source.onto:
        head, tree = _merged(repository, source.onto, head, env)
    _fetch_missing(repository, tree, env)
    return Snapshot(
        repository=repository,
        source=source,
        tree=tree,
        commit=_commit(repository, tree, [], env),
        head=head,
        store=objects,
        is_head=is_head,
        left_out=() if source.kind == "commit" else find_left_out(repository, staged=source.kind == "staged"),
    )


def _tree_of_files(repository: Repository, source: Source, store: Path, env: Mapping[str, str]) -> str:
    """The tree of a copy of the index; brought up to date with the tracked files, as `git commit --all` would, unless staged."""
    if not repository.index.is_file():
        raise EvenfallError(f"{repository.top}: git tracks no file here", hint="git add --all && git commit")
    copy_index(repository.index, store)
    if unmerged := git(repository.top, "ls-files", "-z", "--unmerged", env=env):
        paths = dict.fromkeys(entry.partition("\t")[2] for entry in unmerged.split("\0") if entry)
        raise EvenfallError(f"unmerged: {', '.join(paths)}", hint="resolve the conflicts, then git add them")
    lfs = ("-c", f"lfs.storage={store / 'lfs'}")
    if source.kind == "now":
        git(repository.top, *_TOUCHING_NOTHING, *lfs, "add", "--update", "--", ":/", env=env)
    return git(repository.top, *_TOUCHING_NOTHING, "write-tree", env=env).strip()


def _fetch_missing(repository: Repository, tree: str, env: Mapping[str, str]) -> None:
    """A partial clone fetches blobs when they are asked for, and a comparison asks for all at once. They come into the store.

    Raises `EvenfallError` (usage) with git's words where they can't be fetched.
    """
    if git(repository.top, "config", "--get-regexp", r"^remote\..*\.promisor$", codes=(0, 1)):
        options = ("-r", "--numstat", "--no-renames")
        git(repository.top, "diff-tree", *options, _empty_tree(repository, env), tree, env=env)


def _empty_tree(repository: Repository, env: Mapping[str, str]) -> str:
    return git(repository.top, "hash-object", "-t", "tree", "--stdin", env=env).strip()


def _commit_of(repository: Repository, revision: str, env: Mapping[str, str]) -> str | None:
    options = ("--verify", "--quiet", "--end-of-options")
    said = git(repository.top, "rev-parse", *options, f"{revision}^{{commit}}", env=env, codes=(0, 1, 128))
    return said.strip() or None


def _named(repository: Repository, revision: str, env: Mapping[str, str]) -> str:
    found = _commit_of(repository, revision, env)
    if found is None:
        raise EvenfallError(
            f"{revision!r}: no commit of that name in {repository.top}",
            hint="git branch --all, or git fetch where it is the remote's",
        )
    return found


def _tree_of(repository: Repository, commit: str, env: Mapping[str, str]) -> str:
    return git(repository.top, "rev-parse", "--verify", f"{commit}^{{tree}}", env=env).strip()


def _commit(repository: Repository, tree: str, parents: list[str], env: Mapping[str, str]) -> str:
    chosen = [word for parent in parents for word in ("-p", parent)]
    message = ("-m", "The snapshot that evenfall took")
    arguments = ("-c", "commit.gpgSign=false", "-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree)
    return git(repository.top, *arguments, *chosen, *message, env={**env, **_CONSTANT}).strip()


def _merged(repository: Repository, base: str, head: str, env: Mapping[str, str]) -> tuple[str, str]:
    """The merge that a pull request is tested as, and its tree. Raises `EvenfallError` (usage) that names what conflicts."""
    check_git(MERGES_TREES, "--onto")
    onto = _named(repository, base, env)
    options = ("--write-tree", "-z", "--name-only", "--no-messages")
    code, said = git_answer(repository.top, "merge-tree", *options, onto, head, env=env, codes=(0, 1))
    tree, *files = [field for field in said.split("\0") if field]
    if code:  # a conflict of folders names no file
        what = f"these files conflict: {', '.join(files)}" if files else "it conflicts"
        raise EvenfallError(f"onto {base}: {what}", hint=f"git merge {shlex.quote(base)}, and resolve it")
    return _commit(repository, tree, [onto, head], env), tree

"""Commits and the files in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.git.command import NoRepositoryError, git
from evenfall.git.options import IDENTITY


def find_commit(folder: Path, revision: str, *, env: Mapping[str, str] | None = None) -> str:
    """Return the name of the commit that a revision means; empty if there is no such commit."""
    options = ("--verify", "--quiet", "--end-of-options")
    return git(folder, "rev-parse", *options, f"{revision}^{{commit}}", env=env, codes=(0, 1, 128)).line


def commit_time(root: Path) -> int | None:
    """Return the time of HEAD's commit, in seconds since 1970; `None` before the first commit and outside a repository."""
    try:
        head = git(root, "rev-parse", "--verify", "--quiet", "HEAD", codes=(0, 1))
    except NoRepositoryError:
        return None
    return None if head.code else int(git(root, "-c", "log.showSignature=false", "log", "-1", "--format=%ct").line)


def commit_contents(root: Path, contents: Mapping[str, bytes]) -> str:
    """Put contents in the index, in place of the files of these paths, and return a commit of the index, which belongs to no branch."""
    for path, content in contents.items():
        blob = git(root, "hash-object", "-w", "--stdin", stdin=content).line
        git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    tree = git(root, "write-tree").line
    return git(root, "-c", "commit.gpgSign=false", "commit-tree", tree, "-m", "contents", env=IDENTITY).line


def merge_base(root: Path, first: str, second: str) -> str:
    """Return the best common ancestor of two commits; empty if they share no history."""
    return git(root, "merge-base", first, second, codes=(0, 1)).line


def has_references(root: Path, prefix: str) -> bool:
    """Return whether there is a reference below `prefix`, like `refs/remotes/origin`."""
    return bool(git(root, "for-each-ref", "--count=1", prefix).text)


def read_file_at(root: Path, revision: str, path: str) -> bytes | None:
    """Return the content of a file in a revision, its path relative to `root`; `None` if the revision does not have the file.

    Raises `EvenfallError` (unknown) if the revision has the file and git can't read it.
    """
    if not git(root, "ls-tree", "--name-only", "--end-of-options", revision, f"./{path}").text:
        return None
    content = git(root, "show", "--end-of-options", f"{revision}:./{path}", codes=(0, 128))
    if content.code:
        raise EvenfallError(
            f"{path}: git can't read the file of {revision}", hint="git fetch, or git fsck", exit_code=Exit.UNKNOWN
        )
    return content.text.encode("utf-8", "surrogateescape")

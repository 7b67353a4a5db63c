"""A checkout of a snapshot, as `actions/checkout` makes it on a runner; and which of its files have changed since."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.alternates import c_quote, write_alternates, write_borrowing_repository
from evenfall.git.command import git
from evenfall.git.options import NO_CONFIGURATION
from evenfall.git.snapshot import Snapshot

_REFERENCE = "refs/remotes/pull/1/merge"


# With several checkout.workers, git 2.39 exits with 0 although it could not write a file.
CHECK_OUT = (
    *("-c", "advice.detachedHead=false", "-c", "checkout.workers=1"),
    *("checkout", "--quiet", "--force", "--detach", _REFERENCE),
)
"""The arguments with which git checks the snapshot out in a repository of `make_repository`. It writes the files that differ."""

REFRESH = ("update-index", "-q", "--refresh")
"""The arguments with which git adds the present times of files that have the content of the index."""


def run_git(checkout: Path, arguments: Iterable[str], *, umask: int) -> None:
    """Run git with such arguments in a checkout, with no user configuration."""
    git(checkout, *arguments, env=NO_CONFIGURATION, umask=umask)


def make_repository(snapshot: Snapshot, folder: Path, *, objects: Iterable[Path], history: bool, umask: int) -> None:
    """Make a repository at `folder` that borrows the snapshot from the folders `objects`, with no file checked out.

    Its HEAD will be on no branch, as in a pull request's checkout. Without `history`, it has one commit and no tag.
    """
    repository = snapshot.repository
    commit = snapshot.checkout_commit(history=history)
    options = ("--quiet", "--template=", f"--object-format={repository.object_format}", "--", os.fspath(folder))
    git(folder.parent, "init", *options, env=NO_CONFIGURATION, umask=umask)
    git_dir = folder / ".git"
    write_alternates(git_dir, objects)
    (git_dir / "shallow").write_text(f"{commit}\n", encoding="ascii")
    if history:
        _copy_history(repository.common_dir, git_dir)
    with (git_dir / "config").open("ab") as file:
        file.write(
            os.fsencode(
                f'[remote "origin"]\n\turl = {c_quote(repository.checkout_url)}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
            )
        )
    (git_dir / _REFERENCE).parent.mkdir(parents=True)
    (git_dir / _REFERENCE).write_text(f"{commit}\n", encoding="ascii")


def index_differences(snapshot: Snapshot, index: Path, *, commit: str, git_dir: Path) -> tuple[str, ...] | None:
    """Return the paths of the files that differ between an index and a commit, or None if git can't read the index.

    git reads a separate repository, which this function writes to `git_dir`.
    """
    env = _separate_repository(snapshot, commit, git_dir) | {"GIT_INDEX_FILE": os.fspath(index)}
    try:
        return git(git_dir, "diff-index", "--cached", "--name-only", "--no-renames", "-z", commit, env=env).fields
    except EvenfallError:
        return None


def remove_other_files(checkout: Path) -> None:
    """Remove all files and folders that are not in the index of a checkout."""
    git(checkout, "clean", "-ffdxq", env=NO_CONFIGURATION)


def _copy_history(common_dir: Path, git_dir: Path) -> None:
    """Copy the user's tags and remote branches, and the list of commits at which a shallow history ends."""
    shallow = common_dir / "shallow"
    if shallow.is_file():
        shutil.copyfile(shallow, git_dir / "shallow")
    else:
        (git_dir / "shallow").unlink()
    options = ("--format=%(objectname) %(refname)", "refs/tags", "refs/remotes/origin")
    lines = git(common_dir, "for-each-ref", *options).text.split("\n")
    references = [f"{line}\n" for line in lines if line and not line.endswith(" refs/remotes/origin/HEAD")]
    (git_dir / "packed-refs").write_bytes(os.fsencode("".join(references)))


def changed_files(snapshot: Snapshot, checkout: Path, *, commit: str, git_dir: Path) -> tuple[str, ...]:
    """Return the tracked files that a job has changed in its checkout; none if it removed or broke the checkout's repository."""
    options = ("--untracked-files=no", "--no-renames", "--ignore-submodules=all")
    return tuple(entry[3:] for entry in _status(snapshot, checkout, commit, git_dir, (), options) or ())


def is_unchanged(snapshot: Snapshot, checkout: Path, *, commit: str, git_dir: Path) -> bool:
    """Return whether a checkout has the files of the snapshot, and no others, even if its index was written by another user."""
    configuration = ("-c", "core.checkStat=minimal")  # do not compare the user
    return _status(snapshot, checkout, commit, git_dir, configuration, ("--untracked-files=all", "--ignored")) == ()


def _status(
    snapshot: Snapshot,
    checkout: Path,
    commit: str,
    git_dir: Path,
    configuration: tuple[str, ...],
    options: tuple[str, ...],
) -> tuple[str, ...] | None:
    """Return the entries of `git status`, or None if the checkout's repository is broken.

    git reads a separate repository, which this function writes to `git_dir`, because a job may have configured programs in the
    checkout's own repository (`core.fsmonitor`, filters) that git would run.
    """
    index = checkout / ".git/index"
    if not index.is_file():
        return None
    env = _separate_repository(snapshot, commit, git_dir)
    env |= {"GIT_WORK_TREE": os.fspath(checkout), "GIT_INDEX_FILE": os.fspath(index)}
    command = ("--no-optional-locks", "status", "--porcelain", "-z")
    try:
        return git(git_dir, *configuration, *command, *options, env=env).fields
    except EvenfallError:
        return None


def _separate_repository(snapshot: Snapshot, commit: str, git_dir: Path) -> dict[str, str]:
    """Write a repository with a snapshot to `git_dir`; return the variables with which git reads it."""
    object_format = snapshot.repository.object_format
    write_borrowing_repository(git_dir, objects=snapshot.objects, object_format=object_format, head=commit)
    return {**NO_CONFIGURATION, "GIT_DIR": os.fspath(git_dir)}

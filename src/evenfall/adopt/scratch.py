"""A scratch copy of a project, in which adoption happens first: what differs afterwards is the plan."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from evenfall.project.git import commit_time, git


@contextlib.contextmanager
def scratch_copy(root: Path) -> Iterator[Path]:
    """A repository with the history of `root` and every file of it that git does not ignore, gone afterwards.

    `root` may be no repository at all: then it is copied as it is, into a new one.
    """
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        copy = Path(folder).resolve() / root.name
        if is_repository(root) and commit_time(root) is not None:
            git(root, "clone", "--quiet", "--shared", "--no-checkout", os.fspath(root), os.fspath(copy))
        else:
            copy.mkdir()
            git(copy, "init", "--quiet")
        for name in files_of(root):
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target, follow_symlinks=False)
        git(copy, "add", "--all")
        yield copy


def is_repository(root: Path) -> bool:
    """Whether `root` is the top of a git work tree."""
    return (root / ".git").exists()


def files_of(root: Path) -> tuple[str, ...]:
    """The files of `root` that git tracks or would, relative to it; none where `root` is no repository."""
    if not is_repository(root):
        return ()
    listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return tuple(
        name for name in dict.fromkeys(listed) if name and ((root / name).is_symlink() or (root / name).is_file())
    )

"""A scratch copy of a project, in which adoption happens first: what differs afterwards is the plan."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from evenfall.project.clean_copy import clean_copy
from evenfall.project.git import git


@contextlib.contextmanager
def scratch_copy(root: Path) -> Iterator[Path]:
    """A repository with the history of `root` and every file of it that git does not ignore, gone afterwards.

    `root` may be no repository at all: then it is copied as it is, into a new one.
    """
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        copy = Path(folder).resolve() / root.name
        clean_copy(root, copy, names=files_of(root))
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

"""Copy a project's files to a separate repository, so that a build or an adoption does not change the project."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from evenfall.git.command import git
from evenfall.git.commits import commit_contents, commit_time
from evenfall.git.repository import init_repository, is_top
from evenfall.git.tracked import tracked_files, unignored_files


def copy_tracked_files(root: Path, target: Path, *, time: int | None = None) -> Path:
    """Copy the tracked files of `root`, as they are in the work tree, into a new repository at `target`; return `target`.

    If `root` is the root of a work tree, the copy has its history and tags. `time` is the time of every file, in seconds since
    1970; by default the files keep theirs.
    """
    return _copy(root, target, tracked_files(root), time)


@contextlib.contextmanager
def scratch_copy(root: Path) -> Iterator[Path]:
    """Yield a temporary repository with the history of `root` and every file of it that git does not ignore.

    Outside a repository it is a new and empty one.
    """
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        yield _copy(root, Path(folder).resolve() / root.name, unignored_files(root))


@contextlib.contextmanager
def commits_of_files(
    root: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> Iterator[tuple[Path, str, str]]:
    """Yield a temporary copy of the project, and two commits in it: with `before`, then with `after` in place of the files of these paths.

    The files in the work tree of the copy are those of the project, so that nothing of the commits is executed.
    """
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        copy = copy_tracked_files(root, Path(folder).resolve() / root.name)
        yield copy, commit_contents(copy, before), commit_contents(copy, after)


def _copy(root: Path, target: Path, names: Iterable[str], time: int | None = None) -> Path:
    if is_top(root) and commit_time(root) is not None:
        git(root, "clone", "--quiet", "--shared", "--no-checkout", os.fspath(root), os.fspath(target))
    else:
        target.mkdir()
        init_repository(target)
    for name in names:
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(root / name, file, time)
    git(target, "add", "--all", "--force")
    return target


def _copy_file(source: Path, target: Path, time: int | None) -> None:
    """Copy a file as git checks it out: with the executable bit of the file, and the other bits of the mode by the umask."""
    shutil.copyfile(source, target, follow_symlinks=False)
    if target.is_symlink():
        return
    if source.stat().st_mode & 0o100:
        readable = target.stat().st_mode & 0o444
        target.chmod(target.stat().st_mode | readable >> 2)
    seconds = source.stat().st_mtime if time is None else time
    os.utime(target, (seconds, seconds))

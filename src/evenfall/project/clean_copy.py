"""A copy of what git tracks, as it is in the work tree: what a runner would build from, without what sessions and users leave about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from evenfall.project.git import commit_time, git, tracked_files


def clean_copy(root: Path, target: Path, *, names: Iterable[str] | None = None, time: int | None = None) -> Path:
    """Copy the tracked files of `root`, or those of `names`, into a repository of its own at `target`; return `target`.

    Where `root` is the top of a repository, the copy has its history and tags. `time`: of every file, in seconds since 1970;
    by default the files keep theirs.
    """
    if not (root / ".git").exists() or commit_time(root) is None:
        target.mkdir()
        git(target, "init", "--quiet")
    else:
        git(root, "clone", "--quiet", "--shared", "--no-checkout", os.fspath(root), os.fspath(target))
    for name in tracked_files(root) if names is None else names:
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        _copy(root / name, file, time)
    git(target, "add", "--all", "--force")
    return target


def _copy(source: Path, target: Path, time: int | None) -> None:
    """As git writes a file: of its mode only the executable bit counts, the rest is the umask's."""
    shutil.copyfile(source, target, follow_symlinks=False)
    if target.is_symlink():
        return
    if source.stat().st_mode & 0o100:
        readable = target.stat().st_mode & 0o444
        target.chmod(target.stat().st_mode | readable >> 2)
    seconds = source.stat().st_mtime if time is None else time
    os.utime(target, (seconds, seconds))

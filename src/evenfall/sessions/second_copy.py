"""A second copy of what git tracks, as it is in the work tree, with other times, in another folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from evenfall.project.git import commit_time, git, tracked_files

OTHER_TIME = 1_000_000_000
"""2001-09-09, in seconds since 1970: no file of a work tree is that old by accident."""


def second_copy(root: Path, target: Path) -> Path:
    """Copy the tracked files of `root` into a repository of its own at `target`, tags and history included; return `target`."""
    if commit_time(root) is None:
        target.mkdir()
        git(target, "init", "--quiet")
    else:
        git(root, "clone", "--quiet", "--shared", "--no-checkout", os.fspath(root), os.fspath(target))
    for name in tracked_files(root):
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, file, follow_symlinks=False)
        os.utime(file, (OTHER_TIME, OTHER_TIME), follow_symlinks=False)
    git(target, "add", "--all", "--force")
    return target

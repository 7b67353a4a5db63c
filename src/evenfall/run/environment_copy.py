"""Copies a new environment from a job's sandbox to the folder where it is kept, in the supervisor, which sees both."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator


def copy_environments(source: str, target: str) -> None:
    """Copy a folder. Links to files of uv's cache become hard links, which uv can't make in a sandbox, or copies from another disk.

    Jobs can't write to the cache through them, because they have the files only below an overlay.
    """
    for entry in entries_below(source):
        path = f"{target}{entry.path.removeprefix(source)}"
        if entry.is_dir(follow_symlinks=False):
            os.makedirs(path, exist_ok=True)
        elif not entry.is_symlink():
            shutil.copy2(entry.path, path)
        elif "/archive-v" not in (linked := os.readlink(entry.path)):
            os.symlink(linked, path)
        else:
            try:
                os.link(linked, path)
            except OSError:
                shutil.copy2(linked, path)


def entries_below(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield what is below a folder, each folder before its own entries."""
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            found = [*entries]
        for entry in found:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)

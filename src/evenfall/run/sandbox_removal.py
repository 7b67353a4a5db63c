"""Removes sandboxes: those of a run together at its end, or earlier if the disk gets full.

Because a file system like ext4 does not reuse a removed file's inode for minutes, but checks it for each new file
(`recently_deleted` in https://github.com/torvalds/linux/blob/master/fs/ext4/ialloc.c), making a sandbox takes several times as
long while others are removed.
"""

from __future__ import annotations

import os
import queue
import shlex
import shutil
import stat
import threading
from pathlib import Path
from types import TracebackType


class SandboxRemover:
    """Removes sandboxes on the disk of `folder` at the end of its context. A sandbox that can't be removed adds a warning."""

    def __init__(self, folder: Path, warnings: list[str], *, reserve: float = 0.5) -> None:
        """`reserve`: the part of the now free space that must stay free, else the sandboxes are removed at once."""
        self._folder = folder
        self._least = [free * reserve for free in _free_space(folder)]
        self._sandboxes: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._warnings = warnings

    def __enter__(self) -> SandboxRemover:
        return self

    def add(self, *sandboxes: Path) -> None:
        """Remove sandboxes at the end; if free space is short, remove them and all waiting ones now."""
        for sandbox in sandboxes:
            self._sandboxes.put(sandbox)
        if any(free < least for free, least in zip(_free_space(self._folder), self._least, strict=True)):
            self._remove_all()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the waiting sandboxes, on all cores."""
        threads = [threading.Thread(target=self._remove_all) for _ in range(os.cpu_count() or 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _remove_all(self) -> None:
        while True:
            try:
                sandbox = self._sandboxes.get_nowait()
            except queue.Empty:
                return
            try:
                remove(sandbox)
            except OSError as error:
                self._warnings.append(removal_warning(sandbox, error))


def _free_space(folder: Path) -> tuple[int, int]:
    """Return the free bytes and the free inodes; a file system without a limit of inodes returns 0 of them."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize, found.f_favail


def remove(folder: Path) -> None:
    """Remove a folder, even if a job left folders in it without write permission. Raises `OSError` if that fails."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except PermissionError:
        for above, names, _ in os.walk(folder):  # top down, so each folder gets its permissions before it is walked
            for path in [Path(above), *(Path(above, name) for name in names)]:
                if not path.is_symlink():
                    path.chmod(stat.S_IRWXU)
        shutil.rmtree(folder)


def removal_warning(folder: Path, error: OSError) -> str:
    """Return the warning for a folder that can't be removed, such as one with another user's files, which a container left."""
    reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return f"{folder}: can't be removed: {reason}\n  next: sudo rm -r {shlex.quote(os.fspath(folder))}"

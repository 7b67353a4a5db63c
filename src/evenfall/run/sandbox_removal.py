"""Sandboxes whose jobs have ended: they wait, and go together at the end of the run, or before where the disk gets short.

A file system like ext4 does not give the place of a removed file to a new one for minutes, and looks it over each time
(`recently_deleted` in https://github.com/torvalds/linux/blob/master/fs/ext4/ialloc.c): where each sandbox goes as its job ends,
the next one takes several times as long to make.
"""

from __future__ import annotations

import os
import queue
import threading
from pathlib import Path
from types import TracebackType

from evenfall.run.sandbox import not_removed, remove


class Clearing:
    """What waits to be removed from the disk of `folder`; as a context, it is gone at the end.

    What can't be removed is told in `trouble`: no result hangs on it.
    """

    def __init__(self, folder: Path, trouble: list[str], *, share: float = 0.5) -> None:
        """`share`: how much of what is free now stays so while sandboxes wait, as a part of one."""
        self._folder = folder
        self._least = [free * share for free in _free(folder)]
        self._waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._trouble = trouble

    def __enter__(self) -> Clearing:
        return self

    def leave(self, sandbox: Path) -> None:
        """Let it go at the end, or now, with all that wait, where the disk gets short."""
        self._waiting.put(sandbox)
        if any(free < least for free, least in zip(_free(self._folder), self._least, strict=True)):
            self._clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what waits, on all cores."""
        threads = [threading.Thread(target=self._clear) for _ in range(os.cpu_count() or 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _clear(self) -> None:
        while True:
            try:
                sandbox = self._waiting.get_nowait()
            except queue.Empty:
                return
            try:
                remove(sandbox)
            except OSError as error:
                self._trouble.append(not_removed(sandbox, error))


def _free(folder: Path) -> tuple[int, int]:
    """The bytes and the files for which there is place; a file system that counts no files says 0 of them."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize, found.f_favail

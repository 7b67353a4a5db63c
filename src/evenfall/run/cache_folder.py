"""Folders in the user's cache whose content is kept for later runs. Nothing is removed from one while another run uses it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.run.sandbox_removal import remove

# Windows does not have it, and `evenfall run` says there that it is not available.
with contextlib.suppress(ImportError):
    import fcntl

STATE = "state"
"""The file of a kept folder whose last word is its size in bytes."""

KEEP_SECONDS = 30 * 24 * 3600
KEEP_BYTES = 4 << 30
"""The age, and the size of all together, from which on those that were not used for longest are removed."""


@contextlib.contextmanager
def use_folder(folder: Path, remove_old: Callable[[], object]) -> Iterator[None]:
    """Keep the content of a folder, which is made if it is missing. At the end, call `remove_old` unless another run uses the folder.

    Raises `OSError` if the folder can't be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_old()


def kept_in(folder: Path) -> list[Path]:
    """Return all that is kept in a folder."""
    return [path for path in folder.iterdir() if path.is_dir()]


def remove_oldest(folder: Path) -> None:
    """Remove what is too old or too much in a folder. The time of each kept folder is that of its last use."""
    left = KEEP_BYTES
    kept = {path: path.stat().st_mtime for path in kept_in(folder)}
    for path in sorted(kept, key=kept.__getitem__, reverse=True):
        with contextlib.suppress(OSError, ValueError, IndexError):
            left -= int((path / STATE).read_text(encoding="ascii").split()[-1])
        if left < 0 or kept[path] < time.time() - KEEP_SECONDS:
            with contextlib.suppress(OSError):
                remove(path)


def remove_all(folder: Path) -> int:
    """Remove all that is kept in a folder; return how much that was. Raises `EvenfallError` (unknown) if a run uses the folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EvenfallError(
                f"another `evenfall run` uses {folder}", hint="wait for it", exit_code=Exit.UNKNOWN
            ) from error
        kept = kept_in(folder)
        for path in kept:
            remove(path)
    return len(kept)

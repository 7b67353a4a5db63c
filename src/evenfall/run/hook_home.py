"""The folders in which jobs keep the hooks of pre-commit and prek: new ones for each project and day, to which only jobs write.

A hook that the user has installed may have what a new installation lacks. A runner installs all hooks in each job; because that
takes long, one installation serves all runs of a day. It is not older, because most requirements of hooks are not pinned.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from evenfall.project.user_cache import user_cache
from evenfall.run.sandbox_removal import SandboxRemover

with contextlib.suppress(ImportError):  # as in `environments`
    import fcntl


def hooks_folder() -> Path:
    """Return the folder of all these folders. Raises `EvenfallError` (unknown) as `user_cache` does."""
    return user_cache() / "hooks"


@contextlib.contextmanager
def hook_home(root: Path, warnings: list[str]) -> Iterator[Path]:
    """Yield the folder of today for the project in `root`. At the end, those of other days are removed, unless another run is active.

    Raises `OSError` if it can't be made.
    """
    folder = hooks_folder()
    day = str(int(time.time()) // (24 * 3600))
    home = folder / day / hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        home.mkdir(parents=True, exist_ok=True)
        try:
            yield home
        finally:
            with contextlib.suppress(BlockingIOError), SandboxRemover(folder, warnings) as remover:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for path in folder.iterdir():
                    if path.is_dir() and path.name != day:
                        remover.add(path)

"""The folder of one run: private, locked as long as the run lives, and gone afterwards; what a killed run left goes with the next."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.run.sandbox import not_removed, remove

KEPT = "kept"
KEPT_SECONDS = 24 * 3600
"""How long a sandbox that was kept to look into stays, where other runs follow."""


def base() -> Path:
    """Where runs have their folders: on a disk that lasts, for a /tmp in memory is soon full; TMPDIR has a say.

    Raises `EvenfallError` (unknown) where it is not this user's own: others could put things there.
    """
    lasting = Path("/var/tmp")  # noqa: S108 - a folder of our own in it, checked to be ours
    above = Path(tempfile.gettempdir() if os.environ.get("TMPDIR") or not os.access(lasting, os.W_OK) else lasting)
    folder = above.resolve() / f"evenfall-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if found.st_uid != os.getuid() or folder.is_symlink() or found.st_mode & 0o077:
        raise EvenfallError(
            f"{folder}: it is not a private folder of yours",
            hint=f"remove {folder}, or set TMPDIR",
            exit_code=Exit.UNKNOWN,
        )
    return folder


@contextlib.contextmanager
def run_folder(trouble: list[str]) -> Iterator[Path]:
    """A fresh folder, removed at the end unless `keep` was called on it; what can't be removed is told in `trouble`.

    Raises `EvenfallError` (unknown): the disk can't be written.
    """
    import fcntl

    try:
        above = base()
        with open(above / "lock", "w", encoding="ascii") as one_at_a_time:
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
            trouble += sweep(above)
            folder = above / secrets.token_hex(3)
            folder.mkdir()
            lock = open(folder / "lock", "w", encoding="ascii")  # noqa: SIM115 - held until the end
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise no_sandbox(error) from error
    with lock:
        try:
            yield folder
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
                raise no_sandbox(error) from error
            raise
        finally:
            if not (folder / KEPT).exists():
                try:
                    remove(folder)
                except OSError as error:
                    trouble.append(not_removed(folder, error))


def no_sandbox(error: OSError) -> EvenfallError:
    """A disk that is full or can't be written to, as an error of ours."""
    return EvenfallError(
        f"{error.filename or tempfile.gettempdir()}: {error.strerror}",
        hint="free some space, or set TMPDIR to a folder on another disk",
        exit_code=Exit.UNKNOWN,
    )


def keep(folder: Path) -> None:
    """Let this run's folder stay."""
    (folder / KEPT).touch()


def sweep(above: Path) -> list[str]:
    """Remove what runs left that were killed, and what was kept a day ago; no run may begin meanwhile. What can't be is told.

    The lock of such a folder is free, or the run was killed before it had one.
    """
    import fcntl

    trouble = []
    for folder in (entry for entry in above.iterdir() if entry.is_dir()):
        try:
            with contextlib.suppress(FileNotFoundError), open(folder / "lock", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            marker = folder / KEPT
            if not marker.exists() or marker.stat().st_mtime < time.time() - KEPT_SECONDS:
                remove(folder)
        except BlockingIOError:  # it lives
            continue
        except OSError as error:
            trouble.append(not_removed(folder, error))
    return trouble

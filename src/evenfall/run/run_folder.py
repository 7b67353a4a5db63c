"""The folder of one run: private, locked during the run and removed after it. Later runs remove the folder of a killed run."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from evenfall.errors import DISK_FULL, EvenfallError, Exit
from evenfall.project.user_cache import user_cache
from evenfall.run.sandbox_removal import removal_warning, remove

KEEP_MARKER = "kept"
KEEP_SECONDS = 24 * 3600
"""The age at which the next run removes the sandboxes that a run kept."""


def parent_folder() -> Path:
    """Return the folder of all runs, in the user's cache, because a job can use /tmp, and a /tmp in memory is soon full.

    Raises `EvenfallError` (unknown) if the folder is not this user's private folder, because others could put files there.
    """
    folder = user_cache() / "runs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder.resolve()
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise EvenfallError(
            f"{folder}: not a private folder of this user",
            hint=f"remove {folder}, or set XDG_CACHE_HOME",
            exit_code=Exit.UNKNOWN,
        )
    return folder


@contextlib.contextmanager
def run_folder(warnings: list[str]) -> Iterator[Path]:
    """Yield a new folder. It is removed at the end unless `keep` was called; a folder that can't be removed adds a warning.

    Raises `EvenfallError` (unknown) if the disk is full or can't be written.
    """
    try:
        folder, lock = make_locked_folder(parent_folder())
    except OSError as error:
        raise _disk_error(error) from error
    with lock:
        try:
            yield folder
        except OSError as error:
            if error.errno in {*DISK_FULL, errno.EROFS}:
                raise _disk_error(error) from error
            raise
        finally:
            if not is_kept(folder):
                warnings += remove_own_folder(folder)


def make_locked_folder(parent: Path) -> tuple[Path, TextIO]:
    """Make a new folder in `parent`; return it and its lock, which is open until the end.

    Its name is the lowest free number, because kept environments contain absolute paths.
    """
    import fcntl

    with _locked(parent):
        folder = _free_path(parent)
        folder.mkdir()
        lock = open(folder / "lock", "w", encoding="ascii")  # noqa: SIM115 - the caller closes it
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return folder, lock


def remove_own_folder(folder: Path) -> list[str]:
    """Remove a folder of `make_locked_folder`; return warnings."""
    try:
        with _locked(folder.parent):
            folder = _rename_old(folder)
        remove(folder)
    except OSError as error:
        return [removal_warning(folder, error)]
    return []


def old_folders(parent: Path) -> list[Path]:
    """Return the folders of killed runs, and kept ones after a day.

    The caller removes them without a lock, because that can take minutes and other runs must be able to start. Two runs may remove one.
    """
    with _locked(parent):
        return [_rename_old(folder) for folder in parent.iterdir() if folder.is_dir() and _is_old(folder)]


@contextlib.contextmanager
def _locked(parent: Path) -> Iterator[None]:
    """Let no other run make or examine a folder in `parent`."""
    import fcntl

    with open(parent / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_old(folder: Path) -> bool:
    """Return whether no process holds the lock of a folder, and it is not kept or was kept long ago."""
    import fcntl

    try:
        with contextlib.suppress(FileNotFoundError), open(folder / "lock", "r+", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        kept = (folder / KEEP_MARKER).stat().st_mtime
    except FileNotFoundError:
        return True
    except OSError:  # its run is alive
        return False
    return kept < time.time() - KEEP_SECONDS


def _free_path(parent: Path) -> Path:
    """Return the path of a new folder. If the folder of a killed run has it, that is renamed."""
    paths = (parent / str(number) for number in itertools.count())
    free = next(path for path in paths if not path.exists() or (path.is_dir() and _is_old(path)))
    if free.exists():
        _rename_old(free)
    return free


def _rename_old(folder: Path) -> Path:
    """Rename a folder that is to be removed, because a new run can get its number meanwhile; return its new path."""
    return folder.rename(folder.with_name(f"old-{secrets.token_hex(3)}")) if folder.name.isdecimal() else folder


def _disk_error(error: OSError) -> EvenfallError:
    return EvenfallError(
        f"{error.filename or user_cache()}: {error.strerror}",
        hint="free some space, or set XDG_CACHE_HOME to a folder on another disk",
        exit_code=Exit.UNKNOWN,
    )


def keep(folder: Path) -> None:
    """Keep the folder of a run at its end."""
    (folder / KEEP_MARKER).touch()


def is_kept(folder: Path) -> bool:
    """Return whether the folder of a run is kept at its end."""
    return (folder / KEEP_MARKER).exists()

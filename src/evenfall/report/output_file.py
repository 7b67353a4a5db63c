"""The files that a user names in an option such as `--output FILE`."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from evenfall.atomic_write import write_atomically
from evenfall.errors import DISK_FULL, EvenfallError, Exit


def write_output_file(path: Path, text: str) -> None:
    """Write a file atomically, through symbolic links; write into a pipe or a device.

    Raises `EvenfallError` if that fails: with exit code `Exit.UNKNOWN` if the disk is full, else `Exit.USAGE`.
    """
    if path == Path("-"):
        raise EvenfallError("-: expected a file, not standard output", hint="name a file")
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        else:
            write_atomically(_target(path), text)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        reason = error.strerror if isinstance(error, OSError) else error
        is_full = isinstance(error, OSError) and error.errno in DISK_FULL
        raise EvenfallError(
            f"{path}: can't be written: {reason}",
            hint="free some disk space and try again" if is_full else "name another file",
            exit_code=Exit.UNKNOWN if is_full else Exit.USAGE,
        ) from error


def _target(path: Path) -> Path:
    """Return the path at the end of a chain of symbolic links. Raises `OSError` if the links are a cycle."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target

"""Files that a user asked for."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from evenfall.errors import FULL, EvenfallError, Exit


def write_file(path: Path, text: str) -> None:
    """Write it whole or not at all, with the mode that it had; a link stays one, and into what is no file it is just written.

    Raises `EvenfallError` where it can't be: usage, or unknown where the disk is full.
    """
    if path == Path("-"):
        raise EvenfallError("-: a file is wanted here, not stdout", hint="name a file")
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        else:
            target = path.resolve()
            if target.is_symlink():  # as some Pythons answer
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(target, text)
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in its name; links in a circle, as others say
        why = error.strerror if isinstance(error, OSError) else error
        is_full = isinstance(error, OSError) and error.errno in FULL
        raise EvenfallError(
            f"{path}: it can't be written: {why}",
            hint="free some space, and again" if is_full else "name another file",
            exit_code=Exit.UNKNOWN if is_full else Exit.USAGE,
        ) from error


def _replace(target: Path, text: str) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)

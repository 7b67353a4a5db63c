"""Read the files of a project, with one error for each reason why a file can't be read."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evenfall.errors import EvenfallError

CONFLICT_MARKERS = ("<<<<<<< ", ">>>>>>> ")
"""The beginnings of the lines that git writes around the two versions of a conflict."""


def has_entry(path: Path) -> bool:
    """Return whether a folder has an entry of this name, of any kind: a file, a folder, or a link to nothing."""
    return os.path.lexists(path)


def read_file(path: Path, *, missing: str, hint: str = "") -> bytes:
    """Return the content of a regular file. `missing` is the next command if there is none, and `hint` after any other problem.

    Raises `EvenfallError` (usage) if the file is missing or unreadable, or if the path is a folder, a device, a named pipe (which would
    never end), or a symbolic link to nothing or to itself.
    """
    hint = hint or f"correct {path.name}"
    try:
        if not path.is_file():
            raise EvenfallError(_problem(path), hint=hint if has_entry(path) else missing)
        return path.read_bytes()
    except OSError as error:
        raise EvenfallError(f"{path.name}: it can't be read: {error.strerror}", hint=hint) from error


def _problem(path: Path) -> str:
    """Return why a path is not a regular file. Raises `OSError` if the system refuses to say it."""
    try:
        path.lstat()  # since Python 3.14, `is_file` does not raise what the system refuses
    except (FileNotFoundError, NotADirectoryError):
        return f"{path.name}: not found in {path.parent}"
    if path.is_dir():
        return f"{path.name}: it is a folder, not a file"
    if not path.is_symlink() or path.exists():
        return f"{path.name}: it is not a regular file"
    try:
        path.stat()
    except OSError as error:
        if error.errno != errno.ENOENT:
            return f"{path.name}: it can't be read: {error.strerror}"
    return f"{path.name}: a symbolic link to {path.readlink()}, which does not exist"


def decode(content: bytes, name: str, *, hint: str = "") -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark.

    Raises `EvenfallError` (usage), which names the line of the first other byte, if it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EvenfallError(
            f"{name}:{line}: not UTF-8 text: byte 0x{content[error.start]:02x}", hint=hint or f"correct {name}"
        ) from error


def read_utf8(path: Path, *, missing: str, hint: str = "") -> str:
    """Return the text of a file. Raises `EvenfallError` (usage) as `read_file` and `decode` do."""
    return decode(read_file(path, missing=missing, hint=hint), path.name, hint=hint)


def conflict_line(text: str) -> int | None:
    """Return the number of the first line that git wrote around a conflict, or None."""
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if line.startswith(CONFLICT_MARKERS)), None)


def mapping_at(value: object, *keys: str) -> Mapping[str, Any]:
    """Return the mapping below some keys in the parsed content of a file; an empty one if there is something else, or nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}

"""What a job changed in a checkout that it had as an overlay: https://docs.kernel.org/filesystems/overlayfs.html"""

from __future__ import annotations

import filecmp
import os
import stat
from collections.abc import Iterator
from pathlib import Path


def changed_paths(base: Path, *uppers: Path) -> tuple[str, ...]:
    """Return the paths of the files of `base` that differ in the layers over it, of which each hides the files of the later ones.

    A layer does not count if the repository was removed in it.
    """
    changed = {
        path
        for number, upper in enumerate(uppers)
        if not _lost_repository(upper)
        for path in _changed(base, upper, "")
        if not any(os.path.lexists(above / path) for above in uppers[:number])
    }
    return tuple(sorted(changed))


def _lost_repository(upper: Path) -> bool:
    return any(_is_whiteout(upper / name) for name in (".git", ".git/index")) or _is_opaque(upper / ".git")


def _changed(base: Path, upper: Path, folder: str) -> Iterator[str]:
    with os.scandir(upper / folder) as entries:
        names = {entry.name for entry in entries} - ({".git"} if not folder else set())
    if _is_opaque(upper / folder):
        for name in {path.name for path in (base / folder).iterdir()} - names:
            yield from _files(base, os.path.join(folder, name))
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.lexists(base / path):
            continue
        if not _is_folder(base / path):
            if not _is_same(base / path, upper / path):
                yield path
        elif _is_folder(upper / path):
            yield from _changed(base, upper, path)
        else:
            yield from _files(base, path)


def _files(base: Path, path: str) -> Iterator[str]:
    """Yield a file, or all files of a folder."""
    if not _is_folder(base / path):
        yield path
        return
    for above, _, names in os.walk(base / path):
        yield from (os.path.relpath(os.path.join(above, name), base) for name in names)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_same(one: Path, other: Path) -> bool:
    """Return whether two files have the same content and the same executable bit, or two links the same target."""
    first, second = one.lstat(), other.lstat()
    if stat.S_IFMT(first.st_mode) != stat.S_IFMT(second.st_mode):
        return False
    if stat.S_ISLNK(first.st_mode):
        return one.readlink() == other.readlink()
    is_executable = {bool(status.st_mode & stat.S_IXUSR) for status in (first, second)}
    return len(is_executable) == 1 and filecmp.cmp(one, other, shallow=False)


def _is_whiteout(path: Path) -> bool:
    """Return whether an entry hides the one below it: a character device with the number 0."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _is_opaque(folder: Path) -> bool:
    """Return whether a folder hides the one below it."""
    try:
        return os.getxattr(folder, "user.overlay.opaque", follow_symlinks=False) == b"y"
    except OSError:
        return False

"""Landlock: lets a process and its children use only some paths (https://docs.kernel.org/userspace-api/landlock.html).

The supervisor of every job imports this module, so it imports little itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

TYPE_CHECKING = False  # type checkers read it as True; `typing` takes long to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    PathRule = tuple[str, bool]
    """A path, and whether it may be written to; both apply to everything below it."""

# System calls and access rights, from linux/landlock.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 14
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_REFER = 1 << 13
# The right to list folders is not handled, because a rule that grants it for / would apply to everything below.
_READ = _EXECUTE | _READ_FILE
_FILE_RIGHTS = _READ | _WRITE_FILE | _TRUNCATE
_ALL_RIGHTS = _FILE_RIGHTS | _REMOVE_AND_MAKE | _REFER
_PR_SET_NO_NEW_PRIVS = 38


def is_supported() -> bool:
    """Return whether the kernel has Landlock with ABI 3 or newer: under an older one, jobs could not move or truncate files."""
    if sys.platform != "linux":  # pragma: no cover - only Linux has Landlock
        return False
    return int(_libc().syscall(_CREATE_RULESET, None, 0, 1)) >= 3


def path_rules(*, hidden: Iterable[Path], readable: Iterable[Path], writable: Iterable[Path]) -> tuple[PathRule, ...]:
    """Return rules that allow only the `readable` and `writable` paths, without those `hidden` ones that are below them.

    Landlock can only allow. A folder above a hidden path can't be allowed, so its present content is listed instead.
    """
    excluded = {os.path.realpath(path) for path in hidden}
    rules: dict[str, bool] = {}
    for paths, is_writable in ((readable, False), (writable, True)):
        for path in paths:
            rules |= dict.fromkeys(_without(os.path.realpath(path), excluded), is_writable)
    return tuple(rules.items())


def _without(path: str, excluded: set[str]) -> Iterator[str]:
    """Yield a path, or the paths below it that are not excluded and not above an excluded path."""
    if not any(each.startswith(f"{path}{os.sep}") for each in excluded):
        yield path
        return
    with contextlib.suppress(PermissionError), os.scandir(path) as entries:  # this user may not be able to list it
        for entry in entries:
            if entry.path not in excluded and not entry.is_symlink():
                yield from _without(entry.path, excluded)


def confine(rules: Iterable[PathRule]) -> None:
    """Restrict this process and its children to the paths of the rules. Raises `OSError` if the kernel refuses."""
    handled = ctypes.c_uint64(_ALL_RIGHTS)
    ruleset = _checked(_libc().syscall(_CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0))
    for path, writable in rules:
        try:
            descriptor = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
        except OSError:  # it was removed, or this user has no access to it anyway
            continue
        rights = (_ALL_RIGHTS if writable else _READ) & (_ALL_RIGHTS if os.path.isdir(path) else _FILE_RIGHTS)
        path_beneath = rights.to_bytes(8, sys.byteorder) + descriptor.to_bytes(4, sys.byteorder)
        _checked(_libc().syscall(_ADD_RULE, ruleset, 1, path_beneath, 0))
        os.close(descriptor)
    _checked(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(_libc().syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

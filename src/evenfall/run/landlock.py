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
    from collections.abc import Collection, Iterable, Iterator
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
_CONNECT_TCP, _SCOPE_ABSTRACT_SOCKETS = 1 << 1, 1 << 0

WITH_PORTS = 4
"""The first ABI that can restrict connections of TCP."""

WITH_SCOPES = 6
"""The first ABI that can restrict connections to abstract Unix sockets."""


def abi() -> int:
    """Return the version of the kernel's Landlock; 0 without it."""
    if sys.platform != "linux":  # pragma: no cover - only Linux has Landlock
        return 0
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, 0, 1)))


def is_supported() -> bool:
    """Return whether the kernel has Landlock with ABI 3 or newer: under an older one, jobs could not move or truncate files."""
    return abi() >= 3


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
    if not any(each.startswith(f"{path.rstrip(os.sep)}{os.sep}") for each in excluded):
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
        _allow(ruleset, path, _ALL_RIGHTS if writable else _READ)
    enter(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Add a rule for a path, unless it was removed or this user has no access to it anyway."""
    try:
        descriptor = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except OSError:
        return
    rights &= _ALL_RIGHTS if os.path.isdir(path) else _FILE_RIGHTS
    path_beneath = rights.to_bytes(8, sys.byteorder) + descriptor.to_bytes(4, sys.byteorder)
    _checked(_libc().syscall(_ADD_RULE, ruleset, 1, path_beneath, 0))
    os.close(descriptor)


def ruleset_without_ports(ports: Collection[int], version: int, *, is_with_paths: bool = False) -> int:
    """Return the descriptor of a ruleset under which a process can't connect to these ports of TCP.

    A process that also restricts its paths by `confine` needs one with `is_with_paths`, because a ruleset denies it to move files
    between folders unless it allows that; under such a ruleset, a process can't mount.

    From ABI 6 on, it can't connect to abstract Unix sockets of other processes either. Raises `OSError` if the kernel refuses.
    """
    scopes = (_SCOPE_ABSTRACT_SOCKETS,) if version >= WITH_SCOPES else ()
    handled = (_REFER if is_with_paths else 0, _CONNECT_TCP if ports else 0, *scopes)
    attributes = b"".join(value.to_bytes(8, sys.byteorder) for value in handled)
    ruleset = _checked(_libc().syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    if is_with_paths:
        _allow(ruleset, os.sep, _REFER)
    rule, add = (ctypes.c_uint64 * 2)(_CONNECT_TCP, 0), _libc().syscall
    for port in range(65536) if ports else ():
        if port not in ports:
            rule[1] = port
            _checked(add(_ADD_RULE, ruleset, 2, rule, 0))
    return ruleset


def enter(ruleset: int) -> None:
    """Restrict this process and its children by a ruleset, and close the ruleset. Raises `OSError` if the kernel refuses."""
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

"""Namespaces: give a job its own file system, process list, host name and user name (namespaces(7)).

The supervisor of every job imports this module, so it imports little itself. It makes the mounts in the supervisor's own mount
namespace, below an empty folder, so that nothing is left of them after its end, and only the job's first process has that folder
as its root. The supervisor itself still sees the files of both.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal

TYPE_CHECKING = False  # type checkers read it as True; `typing` takes long to import
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal, TypedDict

    class Mount(TypedDict):
        """One entry of a job's file system, at the absolute path `target`.

        `source` is the path that a bind shows, the text of a file, the target of a link, or the mode of a folder. The sources of an
        overlay are its upper folder, its work folder and its lower folders, one a line.
        """

        kind: Literal["bind", "writable bind", "overlay", "tmpfs", "devpts", "folder", "file", "link"]
        target: str
        source: str

    class FileSystem(TypedDict):
        """The mounts of a job, the parents before their children; they are made in the folder `root`.

        If that folder is not empty, it has other folders of the job, which are then on the same disk as its root.
        """

        root: str
        host: str
        mounts: Sequence[Mount]


USER = 1001
"""The number of the user and the group of a job: those of a runner's user `runner`."""

# From linux/sched.h, sys/mount.h, linux/mount.h, linux/prctl.h and linux/capability.h
_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000  # mount, UTS, IPC, user, PID
_NEW_MOUNTS = 0x00020000
_NOSUID, _NODEV, _NOEXEC, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_DETACH = 2
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_ATTR_READ_ONLY, _ATTR_NOSUID = 1, 2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_CAPABILITY_VERSION = 0x20080522


def make_file_system(file_system: FileSystem) -> None:
    """Move this process into new namespaces and make the mounts. Raises `OSError` that names the path.

    This process must not have threads. Its next child is the first process of the new PID namespace.
    """
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _NAMESPACES, path="user namespaces")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{USER} {user} 1")
    _write("/proc/self/gid_map", f"{USER} {group} 1")
    _call("sethostname", file_system["host"].encode(), len(file_system["host"]), path="host name")
    _mount("", "/", "", _RECURSIVE | _PRIVATE)
    root = file_system["root"]
    if os.listdir(root):
        _mount(root, root, "", _BIND)
    else:
        _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "mode=755")
    for mount in file_system["mounts"]:
        _MAKERS[mount["kind"]](mount["source"], f"{root}{mount['target']}")
    os.chmod(root, 0o555)  # noqa: S103 - as on a runner


def enter_file_system(file_system: FileSystem) -> None:
    """Make the job's file system the root of this process, the first of the PID namespace, and drop its privileges. Raises `OSError`."""
    _call("unshare", _NEW_MOUNTS, path="mount namespace")
    _mount("proc", f"{file_system['root']}/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    os.chdir(file_system["root"])
    _call("pivot_root", b".", b".", path=file_system["root"])
    _call("umount2", b".", _DETACH, path="/")
    os.chdir("/")
    drop_privileges()
    _call(
        "prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0, path="process"
    )  # so that the job can't read this process's environment


def drop_privileges() -> None:
    """Drop the capabilities that this process has in its user namespace."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)(), path="capabilities")


def end_with_parent() -> None:
    """Let the kernel end this process when its parent ends."""
    _call("prctl", _PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0, path="parent")


def processes() -> Iterator[tuple[int, str]]:
    """Yield the numbers and names of the other processes of this PID namespace, of which this process is the first."""
    for name in os.listdir("/proc"):
        if name.isdigit() and name != "1":
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                command, _, rest = file.read().partition(" (")[2].rpartition(") ")
                if rest[0] != "Z":
                    yield int(name), command


def _bind(source: str, target: str) -> None:
    """Bind a path read-only, at once, so that no later mount point is made in the user's own folder."""
    _bind_writable(source, target)
    _add_attributes(target, _ATTR_READ_ONLY | _ATTR_NOSUID)


def _bind_writable(source: str, target: str) -> None:
    """Bind a path with all that is mounted below it. A part of it can't be left out, because it may hide something."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        _make_file("", target)
    _mount(source, target, "", _BIND | _RECURSIVE)


def _overlay(source: str, target: str) -> None:
    upper, work, *lower = (_escaped(path) for path in source.splitlines())
    os.makedirs(target, exist_ok=True)
    folders = f"lowerdir={':'.join(lower)},upperdir={upper},workdir={work}"
    _mount("overlay", target, "overlay", _NOSUID | _NODEV, f"{folders},userxattr")


def _escaped(path: str) -> str:
    """Return a path as an option of an overlay: https://docs.kernel.org/filesystems/overlayfs.html"""
    for character in "\\,:":
        path = path.replace(character, f"\\{character}")
    return path


def _tmpfs(source: str, target: str) -> None:
    os.makedirs(target, exist_ok=True)
    _mount("tmpfs", target, "tmpfs", _NOSUID | _NODEV, f"mode={source}")


def _devpts(_: str, target: str) -> None:
    os.makedirs(target, exist_ok=True)
    _mount("devpts", target, "devpts", _NOSUID | _NOEXEC, "newinstance,ptmxmode=0666,mode=620")


def _make_folder(source: str, target: str) -> None:
    os.makedirs(target, exist_ok=True)
    os.chmod(target, int(source, 8))


def _make_file(source: str, target: str) -> None:
    if not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(source)


def _make_link(source: str, target: str) -> None:
    if not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.symlink(source, target)


_MAKERS = {
    "bind": _bind,
    "writable bind": _bind_writable,
    "overlay": _overlay,
    "tmpfs": _tmpfs,
    "devpts": _devpts,
    "folder": _make_folder,
    "file": _make_file,
    "link": _make_link,
}


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    texts = [os.fsencode(text) for text in (source, target, kind, options)]
    _call("mount", *texts[:3], ctypes.c_ulong(flags), texts[3], path=f"mount {target}")


def _add_attributes(target: str, attributes: int) -> None:
    """Add attributes to a mount and all that is mounted below it; the others, which may be locked, stay (mount_setattr(2))."""
    structure = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    arguments = (_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE, structure, ctypes.sizeof(structure))
    _call("syscall", *arguments, path=target)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _call(name: str, *arguments: object, path: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # not at the import, because Windows does not have it
    if getattr(libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)

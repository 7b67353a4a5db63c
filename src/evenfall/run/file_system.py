"""The file system of a job, built up from what a runner has, as a list of mounts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.run.namespace import USER

if TYPE_CHECKING:
    from evenfall.run.namespace import FileSystem, Mount

HOME = Path("/home/runner")
TEMPORARY = Path("/tmp")  # noqa: S108 - the job's own
OBJECTS = Path("/run/evenfall/objects")
"""The folder of the git objects that a checkout borrows."""

_HOST = "runnervm"
_SYSTEM_FOLDERS = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix/store", "gnu/store", "sys")
_VARIABLE_FOLDERS = ("cache/fontconfig", "lib/ca-certificates", "lib/dpkg", "lib/rpm", "lib/texmf")
"""The folders below /var that describe the installed programs."""

LOCAL = Path("/usr/local")
"""The folder of the programs that this machine's owner installed."""

SYSTEM_PATHS = (
    *(Path("/", name) for name in (*_SYSTEM_FOLDERS, "etc", "run/systemd/resolve")),
    *(Path("/var", name) for name in _VARIABLE_FOLDERS),
)
"""The paths of the system that a job without namespaces may read."""

SHARED_PATHS = tuple(map(Path, ("/dev", "/proc", "/tmp", "/var/tmp")))  # noqa: S108 - not for files of Evenfall
"""The paths that a job without namespaces may also write to."""

_DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
_FOLDERS = {
    "/boot": "555",
    "/etc": "555",
    "/media": "555",
    "/mnt": "555",
    "/opt": "777",
    "/opt/hostedtoolcache": "777",
    "/proc": "555",
    "/root": "111",
    "/run": "555",
    "/run/lock": "1777",
    f"/run/user/{USER}": "700",
    "/srv": "555",
    "/usr/local/bin": "777",
    "/usr/local/lib": "555",
    "/usr/local/share": "555",
    "/var": "555",
    "/var/log": "555",
}
"""The other folders of a runner and their modes. The folders that belong to root there can't be changed by the job, unless the image
allows it (images/ubuntu/scripts/build/configure-system.sh and install-nodejs.sh in https://github.com/actions/runner-images)."""

# The user's own configuration in /etc, or what a runner has otherwise.
_NOT_FROM_ETC = {
    *("environment", "gitconfig", "machine-id", "mailname", "motd", "npmrc", "pip.conf", "profile.d"),
    *("ssh", "uv", "xdg"),
    *("gshadow", "shadow", "subgid", "subuid", "sudoers", "sudoers.d"),
    *("group", "hostname", "hosts", "localtime", "passwd", "resolv.conf", "timezone"),
}
_PASSWD = f"""\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
runner:x:{USER}:{USER}:,,,:{HOME}:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
_GROUP = f"""\
root:x:0:
daemon:x:1:
adm:x:4:syslog,runner
users:x:100:runner
runner:x:{USER}:
nogroup:x:65534:
"""
_MACHINE_ID = "0123456789abcdef0123456789abcdef"
_HOSTS = f"127.0.0.1 localhost\n127.0.1.1 {_HOST}\n::1 localhost ip6-localhost ip6-loopback\n"


def file_system(root: Path, mounts: Iterable[Mount]) -> FileSystem:
    """Return the file system with a runner's system folders and these mounts, of which a later one may be below an earlier one."""
    return {"root": os.fspath(root), "host": _HOST, "mounts": [*system_mounts(), *mounts]}


def readable(*paths: Path) -> Iterator[Mount]:
    """Yield the mounts that show paths of the user's machine, under their own names and those of the paths they link to."""
    return _binds("bind", paths)


def writable(*paths: Path) -> Iterator[Mount]:
    """Yield the mounts that show paths under their own names, and let a job write to them."""
    return _binds("writable bind", paths)


def _binds(kind: str, paths: Iterable[Path]) -> Iterator[Mount]:
    bound: list[Path] = []
    for path in sorted(paths):
        real = path.resolve()
        if real.exists() and not _is_system(real) and not any(real.is_relative_to(other) for other in bound):
            bound.append(real)
            yield _mount(kind, real, real)
        if real != path.absolute() and not _is_system(path.absolute()):
            yield _mount("link", path.absolute(), real)


def _is_system(path: Path) -> bool:
    """Return whether the file system of every job has a path."""
    return path.is_relative_to("/usr") and not path.is_relative_to(LOCAL)


def interpreter_paths(python: Path) -> Iterator[Path]:
    """Yield the paths that an interpreter `PREFIX/bin/pythonX.Y` needs.

    They are its whole prefix, unless other programs share that prefix. A folder `usr` elsewhere has its own libraries, too.
    """
    real = python.resolve()
    prefix = real.parent.parent
    if prefix.name not in {"local", ".local", ""} and prefix != Path("/usr"):
        yield prefix
    elif prefix != Path("/usr"):
        yield from prefix.glob(f"bin/{real.name}*")
        for pattern in ("lib/{}", "lib64/{}", "lib/lib{}*", "include/{}*"):
            yield from prefix.glob(pattern.format(real.name))
    if python.absolute() != real:
        yield python


def overlay(target: Path, *, upper: Path, work: Path, lower: Iterable[Path]) -> Mount:
    """Return the mount that shows the `lower` folders, the first on top, and keeps all changes in `upper`."""
    return _mount("overlay", target, "\n".join(map(os.fspath, (upper, work, *lower))))


def shown_as(target: Path, source: Path, *, is_writable: bool = False) -> Mount:
    """Return the mount that shows a path of the user's machine as `target`."""
    return _mount("writable bind" if is_writable else "bind", target, source)


def in_memory(target: Path) -> Mount:
    """Return the mount of a folder whose files are in memory."""
    return _mount("tmpfs", target, "755")


@cache
def system_mounts() -> tuple[Mount, ...]:
    """Return the mounts that the file systems of all jobs have."""
    return (*_system_folders(), *_etc(), *_dev(), *_var(), *_folders())


def _system_folders() -> Iterator[Mount]:
    for name in _SYSTEM_FOLDERS:
        path = Path("/", name)
        if path.is_symlink():
            yield _mount("link", path, path.readlink())
        elif path.is_dir():
            yield _mount("bind", path, path)
    yield _mount("tmpfs", LOCAL, "555")


def _etc() -> Iterator[Mount]:
    """Yield the system's configuration, with a runner's user, host name and time zone."""
    own = {"passwd": _PASSWD, "group": _GROUP, "hostname": f"{_HOST}\n", "hosts": _HOSTS, "timezone": "Etc/UTC\n"}
    own["machine-id"] = f"{_MACHINE_ID}\n"
    for name, text in own.items():
        yield _mount("file", f"/etc/{name}", text)
    yield _mount("link", "/etc/localtime", "/usr/share/zoneinfo/Etc/UTC")
    yield from etc_entries(Path("/etc"))


def etc_entries(etc: Path) -> Iterator[Mount]:
    """Yield the entries of a folder like /etc that a job may see."""
    resolver = etc / "resolv.conf"  # usually a link to a file in /run
    if resolver.is_file():
        text = resolver.read_text(encoding="utf-8", errors="surrogateescape")
        # Short names of the user's network would be found otherwise.
        yield _mount("file", resolver, re.sub(r"(?m)^(search|domain)\b.*\n?", "", text))
    for path in sorted(etc.iterdir()):
        if path.name in _NOT_FROM_ETC:
            continue
        if path.is_symlink():
            yield _mount("link", path, path.readlink())
        elif path.is_dir() or (path.is_file() and os.access(path, os.R_OK)):
            yield _mount("bind", path, path)


def _dev() -> Iterator[Mount]:
    yield _mount("folder", "/dev", "555")
    for name in _DEVICES:
        yield _mount("writable bind", f"/dev/{name}", f"/dev/{name}")
    yield _mount("devpts", "/dev/pts", "")
    yield _mount("tmpfs", "/dev/shm", "1777")  # noqa: S108 - the job's own
    yield _mount("link", "/dev/ptmx", "pts/ptmx")
    yield _mount("link", "/dev/fd", "/proc/self/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        yield _mount("link", f"/dev/{name}", f"/proc/self/fd/{number}")


def _var() -> Iterator[Mount]:
    for name in _VARIABLE_FOLDERS:
        path = Path("/var", name)
        if path.is_dir():
            yield _mount("bind", path, path)
    yield _mount("link", "/var/run", "/run")
    yield _mount("link", "/var/lock", "/run/lock")


def _folders() -> Iterator[Mount]:
    for path, mode in _FOLDERS.items():
        yield _mount("folder", path, mode)


def _mount(kind: str, target: Path | str, source: Path | str) -> Mount:
    return {"kind": kind, "target": os.fspath(target), "source": os.fspath(source)}  # type: ignore[typeddict-item]

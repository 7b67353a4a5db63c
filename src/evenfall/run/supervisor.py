"""The process between Evenfall and a job: it confines the job, and ends all that the job started, however this run ends.

A script of its own that imports little, of the standard library only, for one runs beside every job. It reads one line of
JSON (`Order`) from its standard input and holds that pipe: when Evenfall closes it or is killed, the job's processes end.
On Linux a process that leaves its group and its session is still found: orphans come to the supervisor (prctl(2),
PR_SET_CHILD_SUBREAPER). It exits with the job's exit code, or 128 + SIGTERM where it was told to stop.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # as type checkers read it; `typing` takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypedDict

    class Order(TypedDict):
        """What to run, where, with what environment; `rules`: the paths that it may use, each with whether to write, or `None`: all."""

        command: Sequence[str]
        folder: str
        environ: dict[str, str]
        rules: Sequence[tuple[str, bool]] | None


GRACE = 2.0
"""Seconds between the request to end and the kill; a cancelled job of GitHub's has some, too."""

STOPPED = 128 + signal.SIGTERM


def main() -> None:
    """Run one order to its end."""
    order: Order = json.loads(_line(sys.stdin.fileno()))
    adopt_orphans()
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    code = _ended(_started(order), wake)
    for name in end_descendants(graceful=code is None):
        sys.stdout.write(f"evenfall: ended a process that was left running: {name}\n")
    sys.stdout.flush()
    os._exit(STOPPED if code is None else code)


def _started(order: Order) -> int:
    """The number of a child process that carries out an order; it ends with 127 where that can't be begun."""
    pid = os.fork()  # nothing else runs in this process, and `subprocess` takes long to import
    if pid:
        return pid
    try:
        os.setsid()
        os.chdir(order["folder"])
        os.umask(0o022)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
            signal.signal(number, signal.SIG_DFL)
        if order["rules"] is not None:
            confine(order["rules"])
        os.execvpe(order["command"][0], [*order["command"]], order["environ"])
    except OSError as error:
        os.write(2, f"evenfall: {error}\n".encode(errors="replace"))
    finally:
        os._exit(127)


def _line(descriptor: int) -> bytes:
    read = b""
    while not read.endswith(b"\n"):
        piece = os.read(descriptor, 65536)
        if not piece:
            os._exit(STOPPED)
        read += piece
    return read


def _ended(pid: int, wake: int) -> int | None:
    """The exit code of a child once it ended, 128 + N for signal N; `None` where this process is to stop before."""
    while True:
        ready, _, _ = select.select([wake, sys.stdin], [], [])
        if sys.stdin in ready:
            return None
        told = os.read(wake, 4096)
        if set(told) & {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}:
            return None
        for ended, status in reaped():
            if ended == pid:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code


def reaped() -> Iterator[tuple[int, int]]:
    """The children that ended, with their wait status; they are gone afterwards."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent ends."""
    with contextlib.suppress(AttributeError):  # only Linux has it
        _libc().prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _nobody(_: int) -> bool:
    return False


def end_descendants(*, graceful: bool, spared: Callable[[int], bool] = _nobody) -> list[str]:
    """End every process below this one, except those that are `spared`; return the names of those that were there.

    Another user's (a session may have had `sudo`) can't be ended; its name says so.
    """
    found: dict[int, str] = {}
    beyond: set[int] = set()
    deadline = time.monotonic() + (GRACE if graceful else 0)
    while left := {pid: name for pid, name in descendants(os.getpid(), spared).items() if pid not in beyond}:
        asked = time.monotonic() < deadline
        for pid, name in left.items():
            if (not asked or pid not in found) and not _signal(pid, signal.SIGTERM if asked else signal.SIGKILL):
                beyond.add(pid)
                left[pid] = f"{name} (it is another user's, and lives on)"
        found |= left
        time.sleep(0.01)
        if spared is _nobody:
            list(reaped())
    return list(found.values())


def _signal(pid: int, number: signal.Signals) -> bool:
    """Whether this user may signal a process; one that ended meanwhile needs none."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True


def descendants(ancestor: int, spared: Callable[[int], bool] = _nobody) -> dict[int, str]:
    """The living processes below one, by their number, with their names; what is below a spared one is spared too."""
    children: dict[int, list[tuple[int, str]]] = {}
    for pid, parent, name in processes():
        children.setdefault(parent, []).append((pid, name))
    found: dict[int, str] = {}
    waiting = list(children.get(ancestor, ()))
    while waiting:
        pid, name = waiting.pop()
        if not spared(pid):
            found[pid] = name
            waiting += children.get(pid, ())
    return found


def processes() -> Iterator[tuple[int, int, str]]:
    """Every living process of this machine: its number, its parent's, its name; a zombie lives no more."""
    if sys.platform != "linux":  # pragma: no cover - the system's own table, where there is no /proc
        import subprocess

        for line in subprocess.run(
            ["ps", "-Ao", "pid=,ppid=,comm="], capture_output=True, text=True
        ).stdout.splitlines():
            pid, parent, name = line.split(maxsplit=2)
            yield int(pid), int(parent), name
        return
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    head, _, tail = file.read().rpartition(")")
                state, parent, *_ = tail.split()
                if state not in "ZX":
                    yield int(entry), int(parent), head.partition("(")[2]


# Landlock: https://docs.kernel.org/userspace-api/landlock.html
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 14
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_REFER = 1 << 13
# Folders may be listed everywhere: a rule for / would hold for all below it.
_READING = _EXECUTE | _READ_FILE
_OF_A_FILE = _READING | _WRITE_FILE | _TRUNCATE
_ALL = _OF_A_FILE | _REMOVE_AND_MAKE | _REFER


def landlock() -> int:
    """The version of the kernel's Landlock ABI, or 0 where it can't confine a job: before 3, moving or truncating files would break."""
    if sys.platform != "linux":  # pragma: no cover - other systems have none
        return 0
    version = int(_libc().syscall(_CREATE, None, 0, 1))
    return version if version >= 3 else 0


def confine(rules: Sequence[tuple[str, bool]]) -> None:
    """Let this process and its children use these paths only, for reading or for writing too. Raises `OSError`: the kernel refuses."""
    attributes = ctypes.c_uint64(_ALL)
    ruleset = _checked(_libc().syscall(_CREATE, ctypes.byref(attributes), ctypes.sizeof(attributes), 0))
    for path, writing in rules:
        try:
            descriptor = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
        except OSError:  # gone, or not to be seen by this user anyway
            continue
        allowed = (_ALL if writing else _READING) & (_ALL if os.path.isdir(path) else _OF_A_FILE)
        beneath = allowed.to_bytes(8, sys.byteorder) + descriptor.to_bytes(4, sys.byteorder)
        _checked(_libc().syscall(_ADD, ruleset, 1, beneath, 0))
        os.close(descriptor)
    _checked(_libc().prctl(38, 1, 0, 0, 0))  # PR_SET_NO_NEW_PRIVS
    _checked(_libc().syscall(_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    main()

"""The supervisor: the process that starts a job and ends every process that the job left behind, however the run ends.

It reads one line of JSON (`Order`) from its standard input and keeps that pipe open: if Evenfall closes the pipe or is killed,
the supervisor stops the job. On Linux it also finds a process that left the job's process group and session, because orphans
become its children (prctl(2), PR_SET_CHILD_SUBREAPER). It exits with the job's exit code, or with 128 + SIGTERM if it was
stopped. Every job has a supervisor, so this module imports little.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys

from evenfall.run.landlock import confine

TYPE_CHECKING = False  # type checkers read it as True; `typing` takes long to import
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypedDict

    from evenfall.run.landlock import PathRule

    class Order(TypedDict):
        """The command to run, its working folder, environment and umask, and the paths that it may use; `None` allows every path.

        With `terminal`, its standard input is a terminal, on which nobody types.
        """

        command: Sequence[str]
        folder: str
        environ: dict[str, str]
        umask: int
        terminal: bool
        rules: Sequence[PathRule] | None


COMMAND = (sys.executable, "-I", "-m", "evenfall.run.supervisor")
"""The command that starts a supervisor."""

STOPPED = 128 + signal.SIGTERM
"""The exit code of a supervisor that was stopped."""

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Run one order and end every process that is left of it."""
    order: Order = json.loads(_read_line(sys.stdin.fileno()))
    adopt_orphans()
    wakeup = _wakeup_pipe()
    code = _wait_for(_start(order), wakeup)
    if _has_children():
        from evenfall.run.process_tree import end_descendants

        for name in end_descendants(graceful=code is None):
            sys.stdout.write(f"evenfall: ended a process that was left running: {name}\n")
    sys.stdout.flush()
    os._exit(STOPPED if code is None else code)


def _read_line(descriptor: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 65536)
        if not piece:
            os._exit(STOPPED)
        line += piece
    return line


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends."""
    with contextlib.suppress(AttributeError):  # only Linux has prctl
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wakeup_pipe() -> int:
    """Return a pipe that receives the number of each signal that ends this process or reports the end of a child."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGCHLD, *_STOP_SIGNALS):
        signal.signal(number, lambda *_: None)
    return reader


def _start(order: Order) -> int:
    """Start the command of an order and return its process number. The process exits with 127 if the command can't be started."""
    pid = os.fork()  # this process has no threads, and `subprocess` takes long to import
    if pid:
        return pid
    try:
        os.setsid()
        os.chdir(order["folder"])
        os.umask(order["umask"])
        os.dup2(_open_terminal() if order["terminal"] else os.open(os.devnull, os.O_RDONLY), 0)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these two
            signal.signal(number, signal.SIG_DFL)
        if order["rules"] is not None:
            confine(order["rules"])
        os.execvpe(order["command"][0], [*order["command"]], order["environ"])
    except OSError as error:
        os.write(2, f"evenfall: {error}\n".encode(errors="replace"))
    finally:
        os._exit(127)


def _open_terminal() -> int:
    """Return a terminal. The other end stays open in the job, because a terminal ends with it."""
    other, terminal = os.openpty()
    os.set_inheritable(other, True)
    return terminal


def _wait_for(pid: int, wakeup: int) -> int | None:
    """Return the exit code of a child, 128 + N for signal N; return `None` if this process is to stop first."""
    while True:
        ready, _, _ = select.select([wakeup, sys.stdin], [], [])
        if sys.stdin in ready:
            return None
        signals = os.read(wakeup, 4096)
        if set(signals) & {*_STOP_SIGNALS}:
            return None
        for ended, status in _reap():
            if ended == pid:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code


def _reap() -> Iterator[tuple[int, int]]:
    """Remove the children that ended from the process table; yield their process numbers and wait statuses."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            yield ended


def _has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    main()

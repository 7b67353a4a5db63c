"""The supervisor: the process that starts a job and ends every process that the job left behind, however the run ends.

It reads one line of JSON (`Order`) from its standard input and keeps that pipe open: if Evenfall closes the pipe or is killed,
the supervisor stops the job. With namespaces, the job's first process is the first of a PID namespace, with which all others
end. Without namespaces, on Linux, the supervisor also finds a process that left the job's process group and session, because orphans
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
import time
import warnings  # noqa: F401 - `os.execvpe` imports it, and the job's file system may not have the standard library

from evenfall.run import namespace
from evenfall.run.landlock import confine

# Windows does not have it. It is not imported later, because the job's file system may not have the standard library.
with contextlib.suppress(ImportError):
    import resource

TYPE_CHECKING = False  # type checkers read it as True; `typing` takes long to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Literal, NotRequired, TypedDict

    from evenfall.run.landlock import PathRule
    from evenfall.run.namespace import FileSystem

    class Transfer(TypedDict):
        """Artifacts to copy between the checkout and a store (both as the supervisor sees them), each as `Artifact` has it."""

        checkout: str
        store: str
        restore: Sequence[tuple[str, int, str]]
        save: Sequence[tuple[str, int, str]]
        save_to: str
        job: str
        system: str

    class Order(TypedDict):
        """The command to run, its working folder and environment, the file for an `OrderReport`, and what differs from the defaults.

        Without `umask`, it is 022. Without `stdin`, the standard input is closed; `shell` is the supervisor's own, and `terminal` is a
        terminal without input.
        `file_system` is the job's own file system. Without it, `rules` are the paths that it may use; without both, it may use every path.
        `transfer` are its artifacts, and `limits` resource limits by their names in `resource`. `environments` is a folder of the job's
        file system, and the folder to which it is copied if the command succeeds.
        """

        command: Sequence[str]
        folder: str
        environ: dict[str, str]
        report: str
        umask: NotRequired[int]
        stdin: NotRequired[Literal["terminal", "shell"]]
        file_system: NotRequired[FileSystem]
        rules: NotRequired[Sequence[PathRule]]
        transfer: NotRequired[Transfer]
        limits: NotRequired[dict[str, int]]
        environments: NotRequired[tuple[str, str]]

    class OrderReport(TypedDict, total=False):
        """What a supervisor found besides the exit code.

        `isolation_problem` is the reason why the file system could not be made, `conflict` the reason why an artifact could not be restored
        (the command did not run then), `artifact_problem` why one could not be saved, and `error` a system error and its path.
        """

        isolation_problem: str
        conflict: str
        artifact_problem: str
        error: tuple[int, str]


COMMAND = (sys.executable, "-I", "-m", "evenfall.run.supervisor")
"""The command that starts a supervisor. A file with an order may follow."""

STOPPED = 128 + signal.SIGTERM
"""The exit code of a supervisor that was stopped."""

GRACE = 2.0
"""Seconds between the request to end and the kill; GitHub also gives the processes of a canceled job some time."""

UMASK = 0o022
"""The umask of a runner."""

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Run one order and end every process that is left of it."""
    if len(sys.argv) > 1:
        with open(sys.argv[1], "rb") as file:
            order: Order = json.loads(file.read())
    else:
        order = json.loads(_read_line(sys.stdin.fileno()))
    report: OrderReport = {}
    try:
        code = _run(order, report)
    except OSError as error:
        report["error"] = (error.errno or 0, str(error.filename or ""))
        code = STOPPED
    if report:
        with open(order["report"], "w", encoding="utf-8") as file:
            json.dump(report, file)
    sys.stdout.flush()
    os._exit(code)


def _run(order: Order, report: OrderReport) -> int:
    adopt_orphans()
    has_shell, file_system = order.get("stdin") == "shell", order.get("file_system")
    wakeup = _wakeup_pipe(() if has_shell else _STOP_SIGNALS)
    if file_system:
        try:
            namespace.make_file_system(file_system)
        except OSError as error:
            report["isolation_problem"] = f"{error.filename}: {error.strerror}"
            return STOPPED
    if "transfer" in order:
        from evenfall.run import artifact_transfer

        if conflict := artifact_transfer.restore(order["transfer"]):
            report["conflict"] = conflict
            return STOPPED
    life = None if has_shell else sys.stdin.fileno()
    if file_system:
        code = _run_in_namespaces(order, file_system, wakeup, life)
    else:
        code = _wait_for(_start(order), wakeup, life)
        if _has_children():
            from evenfall.run.process_tree import end_descendants

            _name(end_descendants(graceful=code is None))
    if "transfer" in order and (problem := artifact_transfer.save(order["transfer"])):
        report["artifact_problem"] = problem
    if "environments" in order and code == 0:
        from evenfall.run.environment_copy import copy_environments

        os.umask(UMASK)
        copy_environments(*order["environments"])
    return STOPPED if code is None else code


def _run_in_namespaces(order: Order, file_system: FileSystem, wakeup: int, life: int | None) -> int | None:
    """Run the order in namespaces. Return the exit code, or `None` if this process is to stop first."""
    reader, writer = os.pipe()
    first = os.fork()
    if not first:
        try:
            namespace.end_with_parent()
            os.close(writer)
            _lead(order, file_system, reader)
        except Exception as error:  # noqa: BLE001 - this process has no other way to report it
            os.write(2, f"evenfall: {error}\n".encode(errors="replace"))
        finally:
            os._exit(127)
    os.close(reader)
    code = _wait_for(first, wakeup, life)
    os.close(writer)
    if code is None:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(first, 0)
    namespace.drop_privileges()
    return code


def _lead(order: Order, file_system: FileSystem, life: int) -> None:
    """Run the order as the first process of a PID namespace, until `life` is closed."""
    wakeup = _wakeup_pipe(())
    namespace.enter_file_system(file_system)
    code = _wait_for(_start(order), wakeup, life)
    _name(_end_others(graceful=code is None))
    sys.stdout.flush()
    os._exit(STOPPED if code is None else code)


def _end_others(*, graceful: bool) -> Iterable[str]:
    """End every other process of this PID namespace; return the names of those that were found."""
    names: dict[int, str] = {}
    deadline = time.monotonic() + (GRACE if graceful else 0)
    while left := [*namespace.processes()]:
        is_request = time.monotonic() < deadline
        for pid, name in left:
            if not is_request or pid not in names:
                names[pid] = name
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if is_request else signal.SIGKILL)
        list(_reap())
        time.sleep(0.01)
    return names.values()


def _name(processes: Iterable[str]) -> None:
    for name in processes:
        sys.stdout.write(f"evenfall: ended a process that was left running: {name}\n")


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


def _wakeup_pipe(stop_signals: Iterable[signal.Signals]) -> int:
    """Return a pipe that receives the number of each of these signals and of the one that reports the end of a child."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGCHLD, *stop_signals):
        signal.signal(number, lambda *_: None)
    return reader


def _start(order: Order) -> int:
    """Start the command of an order and return its process number. The process exits with 127 if the command can't be started."""
    pid = os.fork()  # this process has no threads, and `subprocess` takes long to import
    if pid:
        return pid
    try:
        if (stdin := order.get("stdin")) != "shell":
            os.setsid()
            os.dup2(_open_terminal() if stdin == "terminal" else os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(order["folder"])
        os.umask(order.get("umask", UMASK))
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these two
            signal.signal(number, signal.SIG_DFL)
        _limit(order.get("limits", {}))
        if "rules" in order:
            confine(order["rules"])
        os.execvpe(order["command"][0], [*order["command"]], order["environ"])
    except Exception as error:  # noqa: BLE001 - this process has no other way to report it
        os.write(2, f"evenfall: {error}\n".encode(errors="replace"))
    finally:
        os._exit(127)


def _limit(limits: Mapping[str, int]) -> None:
    """Set resource limits, as far as this process may."""
    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        limit = (
            hard if value == resource.RLIM_INFINITY else value if hard == resource.RLIM_INFINITY else min(value, hard)
        )
        resource.setrlimit(kind, (limit, limit))


def _open_terminal() -> int:
    """Return a terminal. The other end stays open in the job, because a terminal ends with it."""
    other, terminal = os.openpty()
    os.set_inheritable(other, True)
    return terminal


def _wait_for(pid: int, wakeup: int, life: int | None) -> int | None:
    """Return the exit code of a child, 128 + N for signal N; return `None` if this process is to stop first.

    It is to stop at a signal, or when the other end of the pipe `life` is closed.
    """
    while True:
        ready, _, _ = select.select([wakeup] if life is None else [wakeup, life], [], [])
        if life in ready:
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

"""The processes of running jobs: starts a supervisor, writes its output to a file, and stops one job or all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evenfall.run.supervisor import COMMAND

if TYPE_CHECKING:
    from evenfall.run.supervisor import Order, OrderReport

HEAD = 4 << 20
TAIL = 1 << 20
"""The bytes that are kept from the beginning and from the end of a long output."""

_COLOR = re.compile(rb"\x1b\[[\d;]*[mK]")
"""The codes of colors (SGR), and the code that programs print with them to color the rest of a line (EL), as in ECMA-48."""

_BEGUN_COLOR = re.compile(rb"\x1b(\[[\d;]{0,20})?\Z")
"""The beginning of such a code at the end of a piece of output."""


class JobOutput:
    """The output of a job, written to a file without its colors. The middle of a long output is left out."""

    def __init__(self, path: Path, show: Callable[[str], object]) -> None:
        """`show` receives the last line of each piece."""
        self._file = path.open("wb")
        self._show = show
        self._written = 0
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._omitted = 0
        self._begun = b""

    def add(self, piece: bytes) -> None:
        """Add the next piece: the beginning is written to the file at once, the end is kept in memory."""
        piece = self._begun + piece
        begun = _BEGUN_COLOR.search(piece)
        self._begun = begun[0] if begun else b""
        piece = _COLOR.sub(b"", piece.removesuffix(self._begun))
        head = piece[: HEAD - self._written]
        self._file.write(head)
        self._written += len(head)
        if rest := piece[len(head) :]:
            self._tail.append(rest)
            self._tail_size += len(rest)
        while self._tail_size > TAIL:
            self._tail_size -= len(self._tail[0])
            self._omitted += len(self._tail.popleft())
        if line := piece.rstrip().rpartition(b"\n")[2][-500:]:
            self._show(line.decode("utf-8", "replace").rpartition("\r")[2])

    def close(self) -> None:
        """Write the end, after the number of omitted bytes."""
        with self._file:
            if self._omitted:
                self._file.write(f"\n… {self._omitted} bytes are omitted here …\n".encode())
            self._file.writelines((*self._tail, self._begun))


class RunningJobs:
    """The jobs that run now, so that they can be stopped together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: set[Callable[[], None]] = set()
        self._pids: set[int] = set()
        self.is_stopped = False

    @contextlib.contextmanager
    def registered(self, process: subprocess.Popen[bytes], stop: Callable[[], None]) -> Iterator[None]:
        """Let a job be stopped during the block; stop it at once if all jobs were stopped before."""
        with self._lock:
            self._stops.add(stop)
            self._pids.add(process.pid)
            is_stopped = self.is_stopped
        if is_stopped:
            stop()
        try:
            yield
        finally:
            with self._lock:
                self._stops.discard(stop)
                self._pids.discard(process.pid)

    def is_own(self, pid: int) -> bool:
        """Return whether a process is a supervisor or another program that Evenfall started, not one of a job.

        Evenfall's own programs stay in its session. A process that has ended counts as its own.
        """
        try:
            return pid in self._pids or os.getsid(pid) == os.getsid(0)
        except ProcessLookupError:
            return True

    def stop(self) -> None:
        """End every job, and each later one as soon as it starts."""
        with self._lock:
            self.is_stopped = True
            stops = [*self._stops]
        for stop in stops:
            stop()


class ProcessEnd(NamedTuple):
    """The exit code of a job, whether the job was stopped because its time was over, and what its supervisor reports."""

    code: int
    timed_out: bool
    report: OrderReport


def supervise(
    order: Order,
    output: JobOutput,
    running: RunningJobs,
    *,
    seconds: float,
    start: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen,
) -> ProcessEnd:
    """Run an order to its end, for at most `seconds`. Neither a return nor an exception leaves a process of the order.

    `start` starts the supervisor, with the arguments of `Popen`.

    Raises `OSError` if no process can be started, or the output can't be written.
    """
    process = start(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None  # both are pipes
    order_pipe = process.stdin
    timed_out = threading.Event()
    closing = threading.Lock()

    def stop() -> None:
        with closing, contextlib.suppress(OSError):
            order_pipe.close()

    def time_out() -> None:
        timed_out.set()
        stop()

    timer = threading.Timer(seconds, time_out)
    timer.daemon = True
    with contextlib.suppress(BrokenPipeError, ValueError), closing:
        order_pipe.write(json.dumps(order).encode() + b"\n")
        order_pipe.flush()
    with contextlib.closing(output), running.registered(process, stop):
        timer.start()
        try:
            _read_output(process, output, running)
        finally:
            timer.cancel()
            stop()
            process.stdout.close()  # so that a supervisor that still writes ends
            code = process.wait()
    return ProcessEnd(code, timed_out.is_set(), _read_report(Path(order["report"])))


def _read_report(path: Path) -> OrderReport:
    """Return the report of a supervisor; it writes none if all went well."""
    try:
        report: OrderReport = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    return report


def _read_output(process: subprocess.Popen[bytes], output: JobOutput, running: RunningJobs) -> None:
    """Read until every process with the other end of the pipe has closed it."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    while True:
        if select.select([descriptor], [], [], 0.5)[0]:
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                return
            output.add(piece)
        elif (
            process.poll() is not None
        ):  # the supervisor was killed; its processes are children of this one now, or of init
            from evenfall.run.process_tree import end_descendants

            end_descendants(graceful=False, spare=running.is_own)
            return

"""A running job as Evenfall sees it: its supervisor, its output on the way to a file, and the ways to stop it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.run.supervisor import COMMAND

if TYPE_CHECKING:
    from evenfall.run.supervisor import Order

HEAD = 4 << 20
TAIL = 1 << 20
"""Bytes: of a longer output the beginning and the end are kept, and what lies between is counted."""


class Output:
    """What a job prints: its beginning goes to a file at once, its end is remembered."""

    def __init__(self, path: Path, told: Callable[[str], object]) -> None:
        self._file = path.open("wb")
        self._told = told
        self._written = 0
        self._tail: deque[bytes] = deque()
        self._in_tail = 0
        self._left_out = 0

    def take(self, piece: bytes) -> None:
        """The next bytes."""
        head = piece[: HEAD - self._written]
        self._file.write(head)
        self._written += len(head)
        if rest := piece[len(head) :]:
            self._tail.append(rest)
            self._in_tail += len(rest)
        while self._in_tail > TAIL:
            self._in_tail -= len(self._tail[0])
            self._left_out += len(self._tail.popleft())
        if line := piece.rstrip().rpartition(b"\n")[2][-500:]:
            self._told(line.decode("utf-8", "replace").rpartition("\r")[2])

    def close(self) -> None:
        """Write the end."""
        with self._file:
            if self._left_out:
                self._file.write(f"\n… {self._left_out} bytes are left out here …\n".encode())
            self._file.writelines(self._tail)


class Running:
    """All jobs that run at the moment, to be stopped together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: set[Callable[[], None]] = set()
        self._pids: set[int] = set()
        self.stopped = False

    @contextlib.contextmanager
    def registered(self, process: subprocess.Popen[bytes], stop: Callable[[], None]) -> Iterator[None]:
        """Let it be stopped with the others, at once where they are stopped already."""
        with self._lock:
            self._stops.add(stop)
            self._pids.add(process.pid)
            stopped = self.stopped
        if stopped:
            stop()
        try:
            yield
        finally:
            with self._lock:
                self._stops.discard(stop)
                self._pids.discard(process.pid)

    def is_ours(self, pid: int) -> bool:
        """Whether a process is a living supervisor, or a program that Evenfall itself has started, which stays in its session."""
        try:
            return pid in self._pids or os.getsid(pid) == os.getsid(0)
        except ProcessLookupError:
            return True

    def stop(self) -> None:
        """End every job; those that start later end at once."""
        with self._lock:
            self.stopped = True
            stops = [*self._stops]
        for stop in stops:
            stop()


def supervise(order: Order, output: Output, running: Running, *, seconds: float) -> tuple[int, bool]:
    """Run an order to its end; return its exit code, and whether it had to be stopped after `seconds`.

    When this returns or raises, nothing of what it started is left. Raises `OSError` where no process can be started, or the
    output can't be written.
    """
    process = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None  # both are pipes
    order_pipe = process.stdin
    late = threading.Event()
    closing = threading.Lock()

    def stop() -> None:
        with closing, contextlib.suppress(OSError):
            order_pipe.close()

    def stop_late() -> None:
        late.set()
        stop()

    timer = threading.Timer(seconds, stop_late)
    timer.daemon = True
    with contextlib.suppress(BrokenPipeError, ValueError), closing:
        order_pipe.write(json.dumps(order).encode() + b"\n")
        order_pipe.flush()
    with contextlib.closing(output), running.registered(process, stop):
        timer.start()
        try:
            _drain(process, output, running)
        finally:
            timer.cancel()
            stop()
            process.stdout.close()  # a supervisor that still has something to say ends nevertheless
            code = process.wait()
    return code, late.is_set()


def _drain(process: subprocess.Popen[bytes], output: Output, running: Running) -> None:
    """Take what is printed until nobody can print any more."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    while True:
        if select.select([descriptor], [], [], 0.5)[0]:
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                return
            output.take(piece)
        elif process.poll() is not None:  # a supervisor was killed; its orphans have come to this process, or to init
            from evenfall.run.process_tree import end_descendants

            end_descendants(graceful=False, spare=running.is_ours)
            return

"""Finds and ends the processes below this one. psutil takes 20 ms to import, so import this module only if a process is left."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import psutil

from evenfall.run.supervisor import GRACE

Spare = Callable[[int], bool]
"""Whether the process of a number, and every process below it, may live."""


def _spare_none(_: int) -> bool:
    return False


def end_descendants(*, graceful: bool, spare: Spare = _spare_none) -> list[str]:
    """End every process below this one; return the names of those that were found.

    A process of another user, started with `sudo` for example, can't be ended; its name says so.
    """
    found: dict[int, psutil.Process] = {}
    names: dict[int, str] = {}
    out_of_reach: set[int] = set()
    deadline = time.monotonic() + (GRACE if graceful else 0)
    while left := [process for process in descendants(psutil.Process(), spare) if process.pid not in out_of_reach]:
        is_request = time.monotonic() < deadline
        for process in left:
            if is_request and process.pid in names:
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                names[process.pid] = process.name()
                try:
                    process.terminate() if is_request else process.kill()
                except psutil.AccessDenied:
                    out_of_reach.add(process.pid)
                    names[process.pid] += " (not ended: it belongs to another user)"
        found |= {process.pid: process for process in left}
        psutil.wait_procs(left, timeout=0.01)
    psutil.wait_procs([process for pid, process in found.items() if pid not in out_of_reach], timeout=GRACE)
    return list(names.values())


def descendants(ancestor: psutil.Process, spare: Spare = _spare_none) -> Iterator[psutil.Process]:
    """Yield the living processes below one, except the spared ones."""
    for child in ancestor.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if not spare(child.pid) and child.status() != psutil.STATUS_ZOMBIE:
                yield child
                yield from descendants(child, spare)

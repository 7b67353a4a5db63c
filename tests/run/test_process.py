"""A running job: its output, its time, and the ways to stop it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from evenfall.run.process import HEAD, TAIL, Output, Running, supervise
from evenfall.run.supervisor import STOPPED

if TYPE_CHECKING:
    from evenfall.run.supervisor import Order

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to the supervisor")


def order(script: str, folder: Path) -> Order:
    return {
        "command": ("/bin/sh", "-c", script),
        "folder": os.fspath(folder),
        "environ": dict(os.environ),
        "rules": None,
    }


def supervised(
    script: str, folder: Path, running: Running | None = None, *, seconds: float = 60
) -> tuple[tuple[int, bool], str, list[str]]:
    """How it ended, what it printed, and the lines that were told."""
    told: list[str] = []
    output = Output(folder / "log", told.append)
    ended = supervise(order(script, folder), output, running or Running(), seconds=seconds)
    return ended, (folder / "log").read_text(), told


def test_what_a_job_prints_on_either_stream_is_kept_and_its_last_line_told(tmp_path: Path) -> None:
    ended, printed, told = supervised("echo one; echo two >&2; exit 7", tmp_path)
    assert ended == (7, False)
    assert printed == "one\ntwo\n"
    assert told[-1] == "two"


def test_a_job_is_stopped_when_its_time_is_over(tmp_path: Path) -> None:
    began = time.monotonic()
    ended, printed, _ = supervised("echo begun; sleep 60", tmp_path, seconds=0.8)
    assert ended == (STOPPED, True)
    assert printed.startswith("begun\n")
    assert time.monotonic() - began < 30


def test_all_jobs_are_stopped_together_and_a_later_one_at_once(tmp_path: Path) -> None:
    running, ended = Running(), []
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()

    def run(folder: Path) -> None:
        ended.append(supervised("echo > begun; sleep 60", folder, running)[0])

    threads = [threading.Thread(target=run, args=(folder,)) for folder in folders[:2]]
    for thread in threads:
        thread.start()
    while not all((folder / "begun").exists() for folder in folders[:2]):
        time.sleep(0.01)
    running.stop()
    for thread in threads:
        thread.join()
    run(folders[2])
    assert ended == [(STOPPED, False)] * 3


KILLED = """
import os, psutil, sys, threading, time
from pathlib import Path
from evenfall.run.process import Output, Running, supervise
from evenfall.run.supervisor import adopt_orphans

adopt_orphans()
folder = Path(sys.argv[1])
script = "setsid sleep 60 & echo $! > left; echo begun; exec sleep 60"

def kill():
    while not (folder / "log").is_file() or b"begun" not in (folder / "log").read_bytes():
        time.sleep(0.01)
    (supervisor,) = psutil.Process().children()
    supervisor.kill()

class Log(Output):
    def take(self, piece):
        super().take(piece)
        self._file.flush()

killing = threading.Thread(target=kill)
killing.start()
order = {"command": ["sh", "-c", script], "folder": sys.argv[1], "environ": dict(os.environ), "rules": None}
print(*supervise(order, Log(folder / "log", lambda _: None), Running(), seconds=60))
"""


def test_what_a_killed_supervisor_leaves_is_ended_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path], capture_output=True, text=True, check=True, start_new_session=True
    )
    assert done.stdout == "-9 False\n"
    assert not psutil.pid_exists(int((tmp_path / "left").read_text()))


def test_of_a_long_output_the_beginning_and_the_end_are_kept(tmp_path: Path) -> None:
    output = Output(tmp_path / "log", lambda _: None)
    piece = b"x" * 65535 + b"\n"
    pieces = (HEAD + 3 * TAIL) // len(piece)
    output.take(b"beginning\n")
    for _ in range(pieces):
        output.take(piece)
    output.take(b"end\n")
    output.close()
    kept = (tmp_path / "log").read_bytes()
    assert kept.startswith(b"beginning\n")
    assert kept.endswith(b"x\nend\n")
    before, said, after = kept.partition("\n… ".encode())
    number, _, rest = after.partition(b" bytes are left out here")
    assert said
    assert len(before) == HEAD
    assert len(rest) <= TAIL + 10
    whole = len(b"beginning\n") + pieces * len(piece) + len(b"end\n")
    assert len(before) + int(number) + len(rest.removeprefix(" …\n".encode())) == whole


def test_an_output_of_just_what_is_kept_is_whole(tmp_path: Path) -> None:
    output = Output(tmp_path / "log", lambda _: None)
    for _ in range((HEAD + TAIL) // 65536):
        output.take(b"x" * 65536)
    output.close()
    assert (tmp_path / "log").stat().st_size == HEAD + TAIL


@pytest.mark.parametrize(
    ("piece", "line"),
    [
        (b"one\ntwo\n", ["two"]),
        (b"one\n\n", ["one"]),
        (b"10 %\r20 %", ["20 %"]),
        (b"\n", []),
        (b"x" * 600, ["x" * 500]),
        ("ünlit \udc80".encode("utf-8", "surrogateescape"), ["ünlit \N{REPLACEMENT CHARACTER}"]),
    ],
)
def test_the_last_line_is_told_as_a_terminal_would_have_it(tmp_path: Path, piece: bytes, line: list[str]) -> None:
    told: list[str] = []
    output = Output(tmp_path / "log", told.append)
    output.take(piece)
    output.close()
    assert told == line


def test_a_process_of_evenfalls_own_is_told_from_a_jobs(tmp_path: Path) -> None:
    running = Running()
    ours = subprocess.Popen(["sleep", "60"])
    jobs = subprocess.Popen(["sleep", "60"], start_new_session=True)
    no_stop: Callable[[], None] = lambda: None  # noqa: E731
    with ours, jobs:
        assert (running.is_ours(ours.pid), running.is_ours(jobs.pid)) == (True, False)
        with running.registered(jobs, no_stop):
            assert running.is_ours(jobs.pid)
        assert not running.is_ours(jobs.pid)
        ours.kill()
        jobs.kill()
    assert running.is_ours(jobs.pid), "it is gone, so it is nothing to end"


def test_where_the_log_can_t_be_written_nothing_is_left_running(tmp_path: Path) -> None:
    """`/dev/full` is a disk that is full."""
    before = psutil.Process().children()
    with pytest.raises(OSError, match="No space left on device"):
        supervise(
            order("while :; do echo many words; done", tmp_path),
            Output(Path("/dev/full"), lambda _: None),
            Running(),
            seconds=60,
        )
    assert psutil.Process().children() == before

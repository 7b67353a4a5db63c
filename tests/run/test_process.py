"""A running job writes its output to a file, and can be stopped."""

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

from evenfall.run.process import HEAD, TAIL, JobOutput, RunningJobs, supervise
from evenfall.run.supervisor import STOPPED

if TYPE_CHECKING:
    from evenfall.run.supervisor import Order

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only on Linux orphans become the supervisor's children"
)


def order(script: str, folder: Path) -> Order:
    return {
        "command": ("/bin/sh", "-c", script),
        "folder": os.fspath(folder),
        "environ": dict(os.environ),
        "report": os.fspath(folder / "report.json"),
    }


def run(
    script: str, folder: Path, running: RunningJobs | None = None, *, seconds: float = 60
) -> tuple[tuple[int, bool], str, list[str]]:
    """Return the end of a script, its log, and the lines that were shown."""
    shown: list[str] = []
    output = JobOutput(folder / "log", shown.append)
    ended = supervise(order(script, folder), output, running or RunningJobs(), seconds=seconds)
    assert ended.report == {}
    return ended[:2], (folder / "log").read_text(), shown


def test_the_output_on_both_streams_is_written_and_its_last_line_shown(tmp_path: Path) -> None:
    ended, log, shown = run("echo one; echo two >&2; exit 7", tmp_path)
    assert ended == (7, False)
    assert log == "one\ntwo\n"
    assert shown[-1] == "two"


def test_a_job_is_stopped_after_its_timeout(tmp_path: Path) -> None:
    began = time.monotonic()
    ended, log, _ = run("echo begun; sleep 60", tmp_path, seconds=0.8)
    assert ended == (STOPPED, True)
    assert log.startswith("begun\n")
    assert time.monotonic() - began < 30


def test_stop_ends_all_jobs_and_each_later_one(tmp_path: Path) -> None:
    running, ended = RunningJobs(), []
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()

    def run_in(folder: Path) -> None:
        ended.append(run("echo > begun; sleep 60", folder, running)[0])

    threads = [threading.Thread(target=run_in, args=(folder,)) for folder in folders[:2]]
    for thread in threads:
        thread.start()
    while not all((folder / "begun").exists() for folder in folders[:2]):
        time.sleep(0.01)
    running.stop()
    for thread in threads:
        thread.join()
    run_in(folders[2])
    assert ended == [(STOPPED, False)] * 3


KILLED = """
import os, psutil, sys, threading, time
from pathlib import Path
from evenfall.run.process import JobOutput, RunningJobs, supervise
from evenfall.run.supervisor import adopt_orphans

adopt_orphans()
folder = Path(sys.argv[1])
script = "setsid sleep 60 & echo $! > left; echo begun; exec sleep 60"

def kill():
    while not (folder / "log").is_file() or b"begun" not in (folder / "log").read_bytes():
        time.sleep(0.01)
    (supervisor,) = psutil.Process().children()
    supervisor.kill()

class FlushedOutput(JobOutput):
    def add(self, piece):
        super().add(piece)
        self._file.flush()

killing = threading.Thread(target=kill)
killing.start()
order = {"command": ["sh", "-c", script], "folder": sys.argv[1], "environ": dict(os.environ)}
order["report"] = sys.argv[1] + "/report.json"
print(*supervise(order, FlushedOutput(folder / "log", lambda _: None), RunningJobs(), seconds=60))
"""


def test_processes_of_a_killed_supervisor_are_ended(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path], capture_output=True, text=True, check=True, start_new_session=True
    )
    assert done.stdout == "-9 False {}\n"
    assert not psutil.pid_exists(int((tmp_path / "left").read_text()))


def test_the_beginning_and_the_end_of_a_long_output_are_kept(tmp_path: Path) -> None:
    output = JobOutput(tmp_path / "log", lambda _: None)
    piece = b"x" * 65535 + b"\n"
    pieces = (HEAD + 3 * TAIL) // len(piece)
    output.add(b"beginning\n")
    for _ in range(pieces):
        output.add(piece)
    output.add(b"end\n")
    output.close()
    log = (tmp_path / "log").read_bytes()
    assert log.startswith(b"beginning\n")
    assert log.endswith(b"x\nend\n")
    before, separator, after = log.partition("\n… ".encode())
    number, _, rest = after.partition(b" bytes are omitted here")
    assert separator
    assert len(before) == HEAD
    assert len(rest) <= TAIL + 10
    total = len(b"beginning\n") + pieces * len(piece) + len(b"end\n")
    assert len(before) + int(number) + len(rest.removeprefix(" …\n".encode())) == total


def test_an_output_of_the_largest_kept_size_is_complete(tmp_path: Path) -> None:
    output = JobOutput(tmp_path / "log", lambda _: None)
    for _ in range((HEAD + TAIL) // 65536):
        output.add(b"x" * 65536)
    output.close()
    assert (tmp_path / "log").stat().st_size == HEAD + TAIL


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11])
def test_a_color_is_left_out_of_the_log_however_the_output_is_split(tmp_path: Path, size: int) -> None:
    text = b"a \x1b[1;31mred\x1b[m\x1b[K lamp \x1b[2J\x1b["
    output = JobOutput(tmp_path / "log", lambda _: None)
    for start in range(0, len(text), size):
        output.add(text[start : start + size])
    output.close()
    assert (tmp_path / "log").read_bytes() == b"a red lamp \x1b[2J\x1b["


@pytest.mark.parametrize(
    ("piece", "line"),
    [
        (b"one\ntwo\n", ["two"]),
        (b"one\n\n", ["one"]),
        (b"10 %\r20 %", ["20 %"]),
        (b"\n", []),
        (b"x" * 600, ["x" * 500]),
        (b"\x1b[1;31mred\x1b[m\x1b[K \x1b[2J", ["red \x1b[2J"]),
        ("ünlit \udc80".encode("utf-8", "surrogateescape"), ["ünlit \N{REPLACEMENT CHARACTER}"]),
    ],
)
def test_the_last_line_is_shown_as_on_a_terminal(tmp_path: Path, piece: bytes, line: list[str]) -> None:
    shown: list[str] = []
    output = JobOutput(tmp_path / "log", shown.append)
    output.add(piece)
    output.close()
    assert shown == line


def test_processes_of_evenfall_are_distinguished_from_those_of_jobs(tmp_path: Path) -> None:
    running = RunningJobs()
    own = subprocess.Popen(["sleep", "60"])
    of_job = subprocess.Popen(["sleep", "60"], start_new_session=True)
    no_stop: Callable[[], None] = lambda: None  # noqa: E731
    with own, of_job:
        assert (running.is_own(own.pid), running.is_own(of_job.pid)) == (True, False)
        with running.registered(of_job, no_stop):
            assert running.is_own(of_job.pid)
        assert not running.is_own(of_job.pid)
        own.kill()
        of_job.kill()
    assert running.is_own(of_job.pid), "it has ended"


def test_a_log_that_cannot_be_written_leaves_no_process(tmp_path: Path) -> None:
    before = psutil.Process().children()
    with pytest.raises(OSError, match="No space left on device"):
        supervise(
            order("while :; do echo many words; done", tmp_path),
            JobOutput(Path("/dev/full"), lambda _: None),
            RunningJobs(),
            seconds=60,
        )
    assert psutil.Process().children() == before

"""The process between Evenfall and a job: nothing that the job started outlives it."""

from __future__ import annotations

import ctypes
import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evenfall.run import supervisor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to the supervisor")


class Watched:
    """A supervisor that runs a shell's script."""

    def __init__(self, folder: Path, preexec: Callable[[], object] | None = None) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-I", supervisor.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=preexec,
        )

    def order(self, script: str, shell: str = "/bin/sh") -> None:
        order = {"command": [shell, "-c", script], "folder": os.fspath(self.folder), "environ": dict(os.environ)}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({**order, "rules": None}) + "\n")
        self.process.stdin.flush()

    def run(self, script: str, shell: str = "/bin/sh") -> tuple[int, str]:
        """Its exit code, and what was printed."""
        self.order(script, shell)
        return self.end()

    def end(self) -> tuple[int, str]:
        assert self.process.stdout is not None
        printed = self.process.stdout.read()
        return self.process.wait(timeout=30), printed

    def wait_for(self, name: str) -> int:
        """The number that the script has written into a file."""
        path = self.folder / name
        while not (path.is_file() and path.read_text().endswith("\n")):
            assert self.process.poll() is None
            time.sleep(0.01)
        return int(path.read_text())


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    with made.process:
        yield made
        made.process.kill()


def is_alive(pid: int) -> bool:
    return pid in {number for number, _, _ in supervisor.processes()}


def test_a_job_ends_with_its_own_exit_code(watched: Watched) -> None:
    assert watched.run("echo hello; exit 3") == (3, "hello\n")


def test_an_order_that_cannot_be_begun_ends_as_in_a_shell_and_says_why(watched: Watched) -> None:
    code, printed = watched.run("true", shell="/nowhere/sh")
    assert code == 127
    assert printed == "evenfall: [Errno 2] No such file or directory: '/nowhere/sh'\n"


def test_a_job_that_a_signal_ended_has_its_number(watched: Watched) -> None:
    assert watched.run("kill -KILL $$") == (128 + signal.SIGKILL, "")


def test_a_job_has_an_order_s_folder_a_closed_stdin_and_the_umask_of_a_runner(watched: Watched, tmp_path: Path) -> None:
    assert watched.run("pwd; umask; cat") == (0, f"{tmp_path}\n0022\n")


def test_what_a_job_left_running_is_ended_and_named(watched: Watched) -> None:
    script = "setsid sleep 60 >/dev/null 2>&1 & echo $! > left; (sleep 0.02 &); sleep 0.1; exit 1"
    code, printed = watched.run(script)
    assert (code, printed) == (1, "evenfall: ended a process that was left running: sleep\n")
    assert not is_alive(int((watched.folder / "left").read_text()))


def test_what_does_not_end_when_it_is_asked_to_is_killed(watched: Watched) -> None:
    watched.order("trap '' TERM; echo $$ > started; while :; do sleep 0.05; done")
    deaf = watched.wait_for("started")
    began = time.monotonic()
    assert watched.process.stdin is not None
    watched.process.stdin.close()
    assert watched.end()[0] == supervisor.STOPPED
    assert not is_alive(deaf)
    assert time.monotonic() - began >= supervisor.GRACE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_supervisor_that_is_told_to_stop_stops_its_job(watched: Watched, number: signal.Signals) -> None:
    watched.order("echo $$ > started; exec sleep 60")
    job = watched.wait_for("started")
    watched.process.send_signal(number)
    assert watched.end()[0] == supervisor.STOPPED
    assert not is_alive(job)


def test_a_supervisor_that_is_closed_before_its_order_runs_nothing(watched: Watched) -> None:
    assert watched.process.stdin is not None
    watched.process.stdin.write('{"command": ')
    watched.process.stdin.close()
    assert watched.end() == (supervisor.STOPPED, "")


def test_the_living_processes_below_one_are_found_but_for_those_that_are_spared(watched: Watched) -> None:
    watched.order("sleep 60 & echo $! > first; sh -c 'echo $$ > second; sleep 60; :' & wait")
    first, second = watched.wait_for("first"), watched.wait_for("second")
    above = {number: parent for number, parent, _ in supervisor.processes()}[first]
    while len(found := supervisor.descendants(above)) < 3:
        time.sleep(0.01)
    assert (found[first], found[second]) == ("sleep", "sh")
    assert set(supervisor.descendants(above, lambda pid: pid == second)) == {first}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a process as another user")
def test_a_process_of_another_user_lives_on_and_is_named(tmp_path: Path) -> None:
    """A session may have had `sudo`; here the supervisor may not signal what is not its own."""
    libc = ctypes.CDLL(None)
    cannot_kill = functools.partial(libc.prctl, 24, 5, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_KILL
    other = "import os, time; f = open('other', 'w'); os.setuid(12345); print(os.getpid(), file=f, flush=True); time.sleep(60)"
    script = f'"{sys.executable}" -c "{other}" >/dev/null 2>&1 & while [ ! -s other ]; do sleep 0.01; done'
    watched = Watched(tmp_path, preexec=cannot_kill)
    with watched.process:
        code, printed = watched.run(script)
        os.kill(int((tmp_path / "other").read_text()), signal.SIGKILL)
    assert code == 0
    assert "(it is another user's, and lives on)" in printed


def test_a_process_that_ended_meanwhile_needs_no_signal() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert supervisor._signal(ended.pid, signal.SIGTERM)

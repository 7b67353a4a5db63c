"""The supervisor reports the job's exit code and leaves no process of the job behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from evenfall.run.supervisor import COMMAND, GRACE, STOPPED

if TYPE_CHECKING:
    from evenfall.run.namespace import FileSystem

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only on Linux orphans become the supervisor's children"
)


class Supervisor:
    """A supervisor that runs a shell script."""

    def __init__(self, folder: Path, preexec: Callable[[], object] | None = None) -> None:
        self.folder = folder
        self.file_system: FileSystem | None = None
        self.limits: dict[str, int] = {}
        self.stdin = ""
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=preexec,
        )

    def start(self, script: str, shell: str = "/bin/sh") -> None:
        order: dict[str, object] = {"command": [shell, "-c", script], "environ": dict(os.environ)}
        assert self.process.stdin is not None
        order |= {"stdin": self.stdin} if self.stdin else {}
        order |= {"file_system": self.file_system} if self.file_system else {}
        order |= {
            "limits": self.limits,
            "folder": os.fspath(self.folder),
            "report": os.fspath(self.folder / "report.json"),
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def run(self, script: str, shell: str = "/bin/sh") -> tuple[int, str]:
        """Return the exit code and the output of a script."""
        self.start(script, shell)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        assert self.process.stdout is not None
        output = self.process.stdout.read()
        return self.process.wait(timeout=30), output

    def read_number(self, name: str) -> int:
        """Return the number that the script writes into a file."""
        path = self.folder / name
        while not (path.is_file() and path.read_text().endswith("\n")):
            assert self.process.poll() is None
            time.sleep(0.01)
        return int(path.read_text())


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path)
    with made.process:
        yield made
        made.process.kill()


def test_the_exit_code_is_the_jobs(supervisor: Supervisor) -> None:
    assert supervisor.run("echo hello; exit 3") == (3, "hello\n")


def test_a_command_that_does_not_exist_exits_with_127_and_an_error(supervisor: Supervisor) -> None:
    code, output = supervisor.run("true", shell="/nowhere/sh")
    assert code == 127
    assert "No such file or directory: '/nowhere/sh'" in output


def test_the_exit_code_of_a_job_ended_by_a_signal_is_128_plus_its_number(supervisor: Supervisor) -> None:
    assert supervisor.run("kill -KILL $$") == (128 + signal.SIGKILL, "")


def test_a_job_runs_in_its_folder_with_a_closed_stdin_and_umask_022(supervisor: Supervisor, tmp_path: Path) -> None:
    assert supervisor.run("pwd; umask; cat") == (0, f"{tmp_path}\n0022\n")


def test_a_job_has_resource_limits_as_far_as_this_user_may_set_them(supervisor: Supervisor) -> None:
    import resource  # Windows has no such module

    supervisor.limits = {"RLIMIT_NOFILE": 1 << 40, "RLIMIT_STACK": 4 << 20, "RLIMIT_CORE": -1}
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    script = 'ulimit -Hn; ulimit -Ss; ulimit -Hs; test "$(ulimit -Sc)" = "$(ulimit -Hc)"'
    assert supervisor.run(script) == (0, f"{hard}\n4096\n4096\n")


def test_a_job_can_have_a_terminal(supervisor: Supervisor) -> None:
    supervisor.stdin = "terminal"
    assert supervisor.run("test -t 0 && echo terminal") == (0, "terminal\n")


def test_processes_that_a_job_left_running_are_ended_and_named(supervisor: Supervisor) -> None:
    script = "setsid sleep 60 >/dev/null 2>&1 & echo $! > left; (sleep 0.02 &); sleep 0.1; exit 1"
    code, output = supervisor.run(script)
    assert (code, output) == (1, "evenfall: ended a process that was left running: sleep\n")
    assert not psutil.pid_exists(int((supervisor.folder / "left").read_text()))


def test_a_job_that_ignores_the_request_to_end_is_killed(supervisor: Supervisor) -> None:
    supervisor.start("trap '' TERM; echo $$ > started; while :; do sleep 0.05; done")
    job = supervisor.read_number("started")
    began = time.monotonic()
    supervisor.close()
    assert supervisor.wait()[0] == STOPPED
    assert not psutil.pid_exists(job)
    assert time.monotonic() - began >= GRACE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_supervisor_stops_its_job(supervisor: Supervisor, number: signal.Signals) -> None:
    supervisor.start("echo $$ > started; exec sleep 60")
    job = supervisor.read_number("started")
    supervisor.process.send_signal(number)
    assert supervisor.wait()[0] == STOPPED
    assert not psutil.pid_exists(job)


def test_a_supervisor_whose_pipe_closes_before_the_order_is_complete_runs_nothing(supervisor: Supervisor) -> None:
    assert supervisor.process.stdin is not None
    supervisor.process.stdin.write('{"command": ')
    supervisor.close()
    assert supervisor.wait() == (STOPPED, "")


def test_the_supervisor_imports_psutil_only_if_a_process_is_left(tmp_path: Path) -> None:
    imported = "import sys; from evenfall.run import supervisor; print('psutil' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", imported], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

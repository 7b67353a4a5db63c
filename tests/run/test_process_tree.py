"""Descendants of a process are found and ended."""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from evenfall.run.process_tree import descendants
from tests.run.test_supervisor import Supervisor

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only on Linux orphans become the supervisor's children"
)


def test_living_descendants_are_found_except_spared_ones_and_their_children(tmp_path: Path) -> None:
    script = "(exit) & sh -c 'sleep 60 & wait' & sh -c 'echo $$ > spared; sleep 60 & wait' & wait"
    with subprocess.Popen(["sh", "-c", script], cwd=tmp_path) as shell:
        process = psutil.Process(shell.pid)
        while len(found := [*descendants(process)]) < 4:
            time.sleep(0.01)
        spared = int((tmp_path / "spared").read_text())
        names = sorted(each.name() for each in descendants(process, lambda pid: pid == spared))
        for each in found:
            each.kill()
    assert names == ["sh", "sleep"]


def test_a_zombie_is_not_a_living_descendant() -> None:
    with subprocess.Popen(["sh", "-c", "exit"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert ended.pid not in {each.pid for each in descendants(psutil.Process())}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a process as another user")
def test_a_process_of_another_user_is_named_but_not_ended(tmp_path: Path) -> None:
    """A session can start such a process with `sudo`; here the supervisor has no permission to signal other users' processes."""
    drop_permission = functools.partial(ctypes.CDLL(None).prctl, 24, 5, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_KILL
    other = "import os, time; f = open('other', 'w'); os.setuid(12345); print(os.getpid(), file=f, flush=True); time.sleep(60)"
    script = f'"{sys.executable}" -c "{other}" >/dev/null 2>&1 & while [ ! -s other ]; do sleep 0.01; done'
    supervisor = Supervisor(tmp_path, preexec=drop_permission)
    with supervisor.process:
        code, output = supervisor.run(script)
        os.kill(int((tmp_path / "other").read_text()), signal.SIGKILL)
    assert code == 0
    assert "belongs to another user" in output

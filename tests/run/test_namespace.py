"""A job with namespaces has its own file system, processes and names, and nothing is left of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from evenfall.run import file_system, namespace
from evenfall.run.isolation import Isolation
from evenfall.run.supervisor import GRACE, STOPPED
from tests.run.contexts import KINDS
from tests.run.test_supervisor import Supervisor

if TYPE_CHECKING:
    from evenfall.run.namespace import Mount

pytestmark = pytest.mark.skipif(Isolation.NAMESPACES not in KINDS, reason="no namespaces here")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor whose jobs see `tmp_path/shared` as their folder, and the folders that coverage writes to."""
    for name in ("root", "shared", "lower", "upper", "work", "home", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "lower/page.txt").write_text("one\n")
    made = Supervisor(tmp_path / "shared")
    tree = file_system.overlay(
        Path("/tree"), upper=tmp_path / "upper", work=tmp_path / "work", lower=[tmp_path / "lower"]
    )
    measured = (Path.cwd(), Path(sys.prefix), Path(sys.base_prefix)) if "COVERAGE_PROCESS_CONFIG" in os.environ else ()
    own = ((file_system.HOME, tmp_path / "home"), (file_system.TEMPORARY, tmp_path / "tmp"))
    mounts = [*(file_system.shown_as(target, source, is_writable=True) for target, source in own), tree]
    mounts += [*file_system.writable(made.folder, *measured)]
    made.file_system = file_system.file_system(tmp_path / "root", mounts)
    with made.process:
        yield made
        made.process.kill()


def test_a_job_is_the_user_runner_on_another_machine(supervisor: Supervisor) -> None:
    script = "id -un; id -u; hostname; echo ~runner; ls /home /mnt; touch /new /etc/new /usr/new; echo $?"
    code, output = supervisor.run(f"exec 2>/dev/null; {script}")
    assert (code, output.split()) == (
        0,
        ["runner", "1001", "runnervm", "/home/runner", "/home:", "runner", "/mnt:", "1"],
    )


def test_a_job_sees_only_its_own_processes_and_not_the_users_variables(supervisor: Supervisor) -> None:
    code, output = supervisor.run("ls -d /proc/[0-9]* | wc -l; cat /proc/1/environ")
    assert code == 1
    number, refused = output.splitlines()
    assert int(number) <= 5
    assert "Permission denied" in refused


def test_changes_of_an_overlay_and_files_in_tmp_leave_the_base_and_the_machine_alone(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    assert supervisor.run("cd /tree; cat page.txt; echo two > page.txt; touch /tmp/new") == (0, "one\n")
    assert (tmp_path / "lower/page.txt").read_text() == "one\n"
    assert (tmp_path / "upper/page.txt").read_text() == "two\n"
    assert (tmp_path / "tmp/new").is_file()
    assert [*(tmp_path / "root").iterdir()] == []


def test_a_path_below_one_that_is_shown_already_is_not_made_again(supervisor: Supervisor, tmp_path: Path) -> None:
    assert supervisor.file_system
    (tmp_path / "lower/link").symlink_to("page.txt")
    paths = [file_system.shown_as(Path("/more", name), tmp_path / "lower" / name) for name in ("", "page.txt")]
    link: Mount = {"kind": "link", "target": "/more/link", "source": "elsewhere"}
    supervisor.file_system["mounts"] = [*supervisor.file_system["mounts"], *paths, link]
    assert supervisor.run("cat /more/link; touch /more/new || echo refused")[1].splitlines()[-1] == "refused"
    assert sorted(path.name for path in (tmp_path / "lower").iterdir()) == ["link", "page.txt"]


def test_processes_that_a_job_left_in_namespaces_are_ended_and_named(supervisor: Supervisor) -> None:
    script = "setsid sh -c 'trap : TERM; while :; do sleep 0.1; done' >/dev/null 2>&1 & sleep 0.1; exit 1"
    code, output = supervisor.run(script)
    assert code == 1
    assert output.splitlines()[0] == "evenfall: ended a process that was left running: sh"


def test_a_stopped_job_in_namespaces_may_end_and_is_killed_otherwise(supervisor: Supervisor) -> None:
    supervisor.start("trap 'touch asked' TERM; echo 1 > started; while :; do sleep 0.05; done")
    supervisor.read_number("started")
    began = time.monotonic()
    supervisor.close()
    assert supervisor.wait()[0] == STOPPED
    assert time.monotonic() - began >= GRACE
    assert (supervisor.folder / "asked").exists()


def test_no_process_in_namespaces_is_left_when_their_supervisor_is_killed(supervisor: Supervisor) -> None:
    supervisor.start("echo 1 > started; setsid sleep 60 & exec sleep 60")
    supervisor.read_number("started")
    processes = psutil.Process(supervisor.process.pid).children(recursive=True)
    assert len(processes) >= 3
    supervisor.process.send_signal(signal.SIGKILL)
    assert psutil.wait_procs(processes, timeout=30)[1] == []


def test_a_file_system_that_cannot_be_made_is_reported(supervisor: Supervisor) -> None:
    assert supervisor.file_system
    missing = file_system.shown_as(Path("/here"), Path("/nowhere"))
    supervisor.file_system["mounts"] = [*supervisor.file_system["mounts"], missing]
    assert supervisor.run("echo run") == (STOPPED, "")
    (problem,) = json.loads((supervisor.folder / "report.json").read_text()).values()
    assert problem.startswith("mount ")
    assert problem.endswith("/here: No such file or directory")


def test_a_file_system_without_a_folder_for_proc_cannot_be_entered(supervisor: Supervisor) -> None:
    assert supervisor.file_system
    supervisor.file_system["mounts"] = [each for each in supervisor.file_system["mounts"] if each["target"] != "/proc"]
    code, output = supervisor.run("echo run")
    assert code == 127
    assert "No such file or directory" in output


def test_the_processes_of_a_namespace_are_listed_without_the_first_and_the_ended_ones() -> None:
    listed = dict(namespace.processes())
    assert listed[os.getpid()] == psutil.Process().name()
    assert 1 not in listed

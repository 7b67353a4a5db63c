"""Faults during a run give the right result or a clear error, leave no process, and do not change the user's repository."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sample_project import SampleProject, measured
from tests.torture.cases import NOXFILE

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux"),
    pytest.mark.integration,
]

MOST_MEMORY = 150 << 10
"""Kibibytes."""

MARK = f"6{os.getpid()}"
"""The seconds for which processes of the jobs of this process sleep, and the value of a variable of Evenfall."""

BUSY = f"""\
@evenfall.session
@nox.parametrize("number", [1, 2, 3])
def busy(session, number):
    session.run("sh", "-c", "setsid sh -c 'exec sleep {MARK}' & for i in 1 2 3 4 5 6; do sleep 0.1; done", external=True)
"""


def declare(project: SampleProject, sessions: str) -> None:
    project.write(
        "noxfile.py",
        NOXFILE.format(session=sessions).replace("import evenfall\n", "import os, shutil\nimport evenfall\n"),
    )
    project.commit()


def states(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return the times of each path of a repository, including those of git, and the digests of the files."""
    found = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[os.fspath(path)] = (status.st_mtime_ns, status.st_ctime_ns, digest)
    return found


def own_cache(project: SampleProject, folder: Path) -> dict[str, str]:
    """Return the variables with which Evenfall's cache, but not uv's, is in a folder, and by which its processes are found."""
    uv_cache = project.uv("cache", "dir").stdout.strip()
    return {"XDG_CACHE_HOME": os.fspath(folder), "UV_CACHE_DIR": uv_cache, "LANTERN_MARK": MARK}


def run_folders(folder: Path) -> list[Path]:
    return [path for path in (folder / "evenfall/runs").iterdir() if path.is_dir()]


def processes_left() -> list[str]:
    """Return the commands of the processes of Evenfall and of its jobs."""
    commands = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_text()
            if f"\0{MARK}\0" in command or f"LANTERN_MARK={MARK}\0" in (entry / "environ").read_text(errors="replace"):
                commands.append(command)
    return commands


def start(project: SampleProject, sandboxes: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "evenfall", "run"],
        cwd=project.root,
        env=project.environ(own_cache(project, sandboxes)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def sandboxes(tmp_path: Path) -> Path:
    folder = tmp_path / "sandboxes"
    folder.mkdir()
    return folder


def test_a_kill_at_any_time_leaves_no_process_and_an_unchanged_repository(
    project: SampleProject, sandboxes: Path
) -> None:
    declare(project, BUSY)
    before = states(project.root)
    moments = random.Random(1)
    for _ in range(int(os.environ.get("EVENFALL_TEST_KILLS", "4"))):
        child = start(project, sandboxes)
        time.sleep(moments.uniform(0.1, 2.5))
        child.kill()
        child.wait()
        deadline = time.monotonic() + 60
        while left := processes_left():
            assert time.monotonic() < deadline, left
            time.sleep(0.05)
        assert child.stdout
        child.stdout.close()
    assert states(project.root) == before
    declare(project, '@evenfall.session\ndef calm(session):\n    print("calm")\n')
    done = project.evenfall("run", env=own_cache(project, sandboxes))
    assert done.returncode == 0, done.stderr
    assert run_folders(sandboxes) == []


def test_a_job_whose_supervisor_is_killed_ends_and_fails(project: SampleProject, sandboxes: Path) -> None:
    declare(project, f'@evenfall.session\ndef long(session):\n    session.run("sleep", "{MARK}", external=True)\n')
    child = start(project, sandboxes)
    deadline = time.monotonic() + 60
    while not (sleeping := [pid for pid in _below(child.pid) if "sleep\0" in _command(pid)]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    supervisor, *_ = (pid for pid in _below(child.pid) if "evenfall.run.supervisor" in _command(pid))
    os.kill(supervisor, signal.SIGKILL)
    output = child.communicate()[0]
    assert child.returncode == 1, output
    assert "failed long" in output
    assert not any(Path(f"/proc/{pid}").exists() and "sleep\0" in _command(pid) for pid in sleeping)


def _below(ancestor: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    family = [ancestor]
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    return family


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small disk can't be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_job_that_fills_the_disk_is_inconclusive(project: SampleProject, small_disk: Path) -> None:
    declare(
        project,
        '@evenfall.session(venv_backend="none")\ndef fills(session):\n'
        '    session.run("sh", "-c", "dd if=/dev/zero of=zeros bs=1M", external=True)\n',
    )
    done = project.evenfall("run", env={**own_cache(project, small_disk), **measured()})
    assert done.returncode == 3, done.stderr
    assert "the disk was full" in done.stderr or "No space left on device\n  next: free some space" in done.stderr
    assert "failed fills" not in done.stderr
    assert run_folders(small_disk) == []


def test_a_disk_that_is_too_small_for_a_sandbox_exits_with_unknown(project: SampleProject, small_disk: Path) -> None:
    project.write("large.bin", "x" * (40 << 20))
    project.commit()
    done = project.evenfall("run", env={**own_cache(project, small_disk), **measured()})
    assert done.returncode == 3, done.stderr
    assert "next: free some space, or set XDG_CACHE_HOME" in done.stderr
    assert run_folders(small_disk) == []


def test_a_package_cache_that_cannot_be_written_exits_with_unknown(project: SampleProject) -> None:
    done = project.evenfall("run", env={"UV_CACHE_DIR": "/dev/null/uv"})
    assert done.returncode == 3, done.stderr
    assert "/dev/null/uv" in done.stderr


def test_a_history_that_cannot_be_written_is_a_warning(project: SampleProject, sandboxes: Path) -> None:
    declare(project, '@evenfall.session\ndef calm(session):\n    print("calm")\n')
    (sandboxes / "evenfall").mkdir()
    (sandboxes / "evenfall/projects").touch()
    done = project.evenfall("run", env={**own_cache(project, sandboxes), **measured()})
    assert done.returncode == 0, done.stderr
    assert "can't be written: Not a directory" in done.stderr


def test_a_folder_of_sandboxes_that_others_can_write_exits_with_unknown(
    project: SampleProject, sandboxes: Path
) -> None:
    (sandboxes / "evenfall/runs").mkdir(parents=True)
    (sandboxes / "evenfall/runs").chmod(0o777)
    done = project.evenfall("run", env=own_cache(project, sandboxes))
    assert done.returncode == 3
    assert "not a private folder of this user" in done.stderr


def test_more_output_than_may_be_kept_in_memory_is_shortened_and_needs_little_memory(project: SampleProject) -> None:
    flood = (
        "yes 0123456789012345678901234567890123456789012345678901234567890 | head -c 200000000; echo the end; exit 3"
    )
    declare(project, f'@evenfall.session\ndef flood(session):\n    session.run("sh", "-c", "{flood}", external=True)\n')
    path = project.root.with_name("output")
    with path.open("wb") as file:
        command = [sys.executable, "-m", "evenfall", "run"]
        child = subprocess.Popen(command, cwd=project.root, env=project.environ(), stdout=file, stderr=file)
        largest = 0
        while child.poll() is None:
            largest = max(largest, _most_memory(child.pid))
            time.sleep(0.02)
    output = path.read_text()
    assert child.returncode == 1, output[-1000:]
    assert "bytes are omitted here" in output
    assert "the end" in output
    assert len(output) < 6 << 20
    assert 0 < largest < MOST_MEMORY


def _most_memory(pid: int) -> int:
    """Return the peak memory of a process in kibibytes (proc(5), VmHWM); 0 after its end."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def test_a_session_that_removes_its_checkout_fails_and_a_daemon_is_ended(
    project: SampleProject, sandboxes: Path
) -> None:
    declare(
        project,
        '@evenfall.session(venv_backend="none")\ndef removes(session):\n    shutil.rmtree(os.getcwd())\n\n\n'
        '@evenfall.session(venv_backend="none")\ndef daemon(session):\n'
        f'    session.run("sh", "-c", "setsid setsid sleep {MARK} >/dev/null 2>&1 & sleep 0.3", external=True)\n',
    )
    cache = own_cache(project, sandboxes)
    done = project.evenfall("run", env=cache)
    assert done.returncode == 1, done.stderr
    assert "failed removes" in done.stderr
    assert "passed daemon" in done.stderr
    assert processes_left() == []
    assert run_folders(sandboxes) == []
    assert (
        "ended a process that was left running: sleep" in project.evenfall("run", "--log", "daemon", env=cache).stdout
    )


def test_a_sandbox_with_a_folder_without_permissions_is_removed(project: SampleProject, sandboxes: Path) -> None:
    declare(
        project,
        '@evenfall.session(venv_backend="none")\ndef locks(session):\n    os.makedirs("closed/inside")\n'
        '    open("closed/inside/file", "w").close()\n    os.chmod("closed/inside", 0)\n    os.chmod("closed", 0)\n',
    )
    done = project.evenfall("run", env=own_cache(project, sandboxes))
    assert done.returncode == 0, done.stderr
    assert run_folders(sandboxes) == []

"""One line says what this machine can't have as a runner has it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from evenfall.run.isolation import Isolation
from evenfall.run.machine import cgroup_limits, cores, linux_name, machine_line
from evenfall.run.runner_image import runner_image

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="evenfall run is not available on Windows")


def test_the_line_names_the_system_and_the_patch_releases(tmp_path: Path) -> None:
    missing = tmp_path / "python"
    missing.symlink_to("/bin/false")
    uvs = Path("/uv/cpython-3.99.1-linux/bin/python")
    line = machine_line([Path(sys.executable), missing, Path(sys.executable), uvs], Isolation.NAMESPACES)
    assert line.startswith("not as on a runner: ")
    assert f"Python {platform.python_version()}, 3.99.1 (" in line
    assert "jobs are root" not in line


def test_the_line_names_root_unless_jobs_have_a_user_of_their_own() -> None:
    assert ("jobs are root" in machine_line([], Isolation.LANDLOCK)) is (os.geteuid() == 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the image is one of Linux")
def test_what_is_as_on_a_runner_is_not_in_the_line() -> None:
    libc, cpus = " ".join(platform.libc_ver()).strip(), os.cpu_count() or 1
    kernel = ".".join(platform.release().split(".")[:2])
    image = msgspec.structs.replace(
        runner_image(), system=linux_name(), kernel=kernel, libc=libc, cpus=cpus, memory=0, limits={}
    )
    assert machine_line([], Isolation.NAMESPACES, image).startswith("not as on a runner: Python ")
    image = msgspec.structs.replace(image, memory=1 << 20, kernel="1.0")
    line = machine_line([], Isolation.NAMESPACES, image)
    assert f"GB of memory ({1 << 20}), Python" in line
    assert f"Linux {kernel} (1.0)" in line


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
def test_a_hard_limit_below_a_runners_is_named() -> None:
    limits = "{'RLIMIT_NOFILE': 65536, 'RLIMIT_AS': -1, 'RLIMIT_STACK': 1, 'RLIMIT_CPU': -1}"
    code = f"from evenfall.run.machine import low_limits; print(*low_limits({limits}), sep='\\n')"
    shell = 'ulimit -n 500; ulimit -v 9000000; exec "$@"'
    done = subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "at most 500 open files (65536)",
        "at most 9216000000 bytes of memory (unlimited)",
    ]


def test_the_limits_of_a_container_are_those_of_its_cgroup_and_of_all_above(tmp_path: Path) -> None:
    (tmp_path / "root/one/two").mkdir(parents=True)
    (tmp_path / "self").write_text("1:cpu:/x\n0::/one/two\n")
    (tmp_path / "root/one/two/cpu.max").write_text("max 100000\n")
    (tmp_path / "root/one/cpu.max").write_text("150000 100000\n")
    assert [*cgroup_limits("cpu.max", tmp_path / "self", tmp_path / "root")] == [[150000, 100000]]
    assert [*cgroup_limits("cpu.max", tmp_path / "missing", tmp_path / "root")] == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit a process to some cores")
def test_the_cores_are_those_that_this_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert 1 <= cores() <= len(allowed)


def test_a_linux_without_a_version_or_without_a_name_is_named() -> None:
    def missing() -> dict[str, str]:
        raise OSError

    assert linux_name(lambda: {"NAME": "Arch Linux"}) == "Arch Linux"
    assert linux_name(missing) == "an unknown Linux"

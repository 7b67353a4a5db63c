"""The mounts of a job's file system show what a job needs, under the names that it knows."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from evenfall.run import file_system

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="evenfall run is not available on Windows")


def test_a_path_is_shown_once_and_a_link_to_it_is_made(tmp_path: Path) -> None:
    tmp_path = tmp_path.resolve()
    (tmp_path / "tool/bin").mkdir(parents=True)
    (tmp_path / "link").symlink_to("tool")
    paths = (tmp_path / "link", tmp_path / "tool/bin", tmp_path / "tool", tmp_path / "missing", Path("/usr/bin/env"))
    assert [(mount["kind"], mount["target"]) for mount in file_system.readable(*paths)] == [
        ("bind", f"{tmp_path}/tool"),
        ("link", f"{tmp_path}/link"),
    ]


def test_an_interpreter_needs_its_whole_prefix_if_that_is_its_own(tmp_path: Path) -> None:
    tmp_path = tmp_path.resolve()
    (tmp_path / "cpython-3.12/bin").mkdir(parents=True)
    (tmp_path / "cpython-3.12/bin/python3.12").touch()
    (tmp_path / "python").symlink_to("cpython-3.12/bin/python3.12")
    assert [*file_system.interpreter_paths(tmp_path / "python")] == [tmp_path / "cpython-3.12", tmp_path / "python"]


def test_an_interpreter_in_the_tree_of_another_system_needs_the_libraries_of_that_tree(tmp_path: Path) -> None:
    usr = tmp_path.resolve() / "root/usr"
    assert [*file_system.interpreter_paths(usr / "bin/python3.12")] == [usr]


def test_an_interpreter_beside_other_programs_needs_only_its_own_files(tmp_path: Path) -> None:
    tmp_path = tmp_path.resolve()
    for name in ("bin/python3.12", "bin/other", "lib/python3.12/os.py", "lib/libpython3.12.so", "lib/other/x"):
        (tmp_path / "local" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "local" / name).touch()
    found = {
        path.relative_to(tmp_path / "local").as_posix()
        for path in file_system.interpreter_paths(tmp_path / "local/bin/python3.12")
    }
    assert found == {"bin/python3.12", "lib/python3.12", "lib/libpython3.12.so"}


def test_the_systems_interpreter_is_in_every_sandbox() -> None:
    assert [*file_system.interpreter_paths(Path("/usr/bin/env"))] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has namespaces")
def test_a_sandbox_has_a_runners_user_and_not_the_machines_own_configuration() -> None:
    targets = {mount["target"]: mount for mount in file_system.system_mounts()}
    assert "runner:x:1001:1001:" in targets["/etc/passwd"]["source"]
    assert targets["/etc/localtime"]["source"].endswith("/UTC")
    assert not targets.keys() & {"/home", "/etc/shadow", "/etc/gitconfig", "/etc/pip.conf"}


def test_the_configuration_of_the_system_is_shown_without_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/resolv.conf").write_text("search example.org\nnameserver 192.0.2.1\n")
    etc = tmp_path / "etc"
    (etc / "ssl").mkdir(parents=True)
    (etc / "mtab").symlink_to("/proc/mounts")
    (etc / "resolv.conf").symlink_to("../run/resolv.conf")
    for name in ("services", "pip.conf", "passwd"):
        (etc / name).touch()
    os.mkfifo(etc / "pipe")
    shown = {
        mount["target"].removeprefix(f"{etc}/"): (mount["kind"], mount["source"])
        for mount in file_system.etc_entries(etc)
    }
    assert shown == {
        "mtab": ("link", "/proc/mounts"),
        "resolv.conf": ("file", "nameserver 192.0.2.1\n"),
        "services": ("bind", f"{etc}/services"),
        "ssl": ("bind", f"{etc}/ssl"),
    }
    (tmp_path / "run/resolv.conf").unlink()
    assert "resolv.conf" not in {Path(mount["target"]).name for mount in file_system.etc_entries(etc)}

"""Which paths a job may use, as rules; and what the kernel makes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.run import supervisor
from evenfall.run.allowed_paths import home_of, rules
from tests.run.anybody import as_anybody

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has Landlock")


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A folder with a home, a link to it, and a neighbour."""
    for name in ("home/me/secret", "home/me/cache", "home/you", "neighbour"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/file").touch()
    (tmp_path / "link").symlink_to("home")
    return tmp_path


def test_all_may_be_used_but_what_is_hidden_and_what_lies_above_it(places: Path) -> None:
    found = rules(hidden=[places / "home/me"], readable=[], writable=[])
    below = {path for path, writing in found if path.startswith(f"{places}/") and writing}
    assert below == {os.fspath(places / name) for name in ("home/file", "home/you", "neighbour")}
    above = {os.fspath(folder) for folder in places.parents} | {os.fspath(places / "home")}
    assert not above & {path for path, _ in found}


def test_what_a_job_must_have_of_the_hidden_is_named_by_its_real_path(places: Path) -> None:
    found = rules(
        hidden=[places / "link/me"], readable=[places / "link/me/secret"], writable=[places / "link/me/cache"]
    )
    assert found[-2:] == ((f"{places}/home/me/secret", False), (f"{places}/home/me/cache", True))


def test_of_a_folder_above_whose_names_are_kept_secret_only_what_is_named_may_be_used(places: Path) -> None:
    (places / "home").chmod(0o311)
    with as_anybody():
        found = rules(hidden=[places / "home/me"], readable=[], writable=[places / "home/me/cache"])
    (places / "home").chmod(0o755)
    below = {path for path, _ in found if path.startswith(f"{places}/home")}
    assert below == {f"{places}/home/me/cache"}
    assert (f"{places}/neighbour", True) in found


def test_home_is_a_folder_of_its_own_or_none(tmp_path: Path) -> None:
    assert home_of({"HOME": os.fspath(tmp_path)}) == (tmp_path,)
    for nowhere in ({}, {"HOME": ""}, {"HOME": "/"}, {"HOME": "/usr/.."}, {"HOME": os.fspath(tmp_path / "gone")}):
        assert home_of(nowhere) == ()


TRIES = """
import json, os, sys
from evenfall.run import supervisor

home = sys.argv[1]
supervisor.confine(json.load(sys.stdin))  # a full folder for temporary files makes more of them than an argument can hold
tries = {
    "reads the hidden": lambda: open(home + "/secret/file").close(),
    "writes the hidden": lambda: open(home + "/new", "w").close(),
    "lists the hidden": lambda: os.listdir(home),
    "runs the hidden": lambda: os.spawnv(os.P_WAIT, home + "/tool", ["tool"]) and os.open(home + "/tool", os.O_RDONLY),
    "reads what it may": lambda: open(home + "/readable/file").close(),
    "writes what it may read": lambda: open(home + "/readable/file", "a").close(),
    "truncates what it may read": lambda: os.truncate(home + "/readable/file", 0),
    "writes what it may": lambda: open(home + "/writable/new", "w").close(),
    "moves what it may": lambda: os.rename(home + "/writable/new", home + "/writable/newer"),
    "removes what it may": lambda: os.unlink(home + "/writable/newer"),
    "writes the one file that it may": lambda: open(home + "/file", "a").close(),
}
done = []
for name, attempt in tries.items():
    try:
        attempt()
    except PermissionError:
        continue
    done.append(name)
print(json.dumps(done))
"""


@pytest.mark.skipif(not supervisor.landlock(), reason="this kernel has no Landlock")
def test_the_kernel_lets_a_process_do_what_the_rules_say_and_no_more(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("secret", "readable", "writable"):
        (home / name).mkdir(parents=True)
        (home / name / "file").write_text("text")
    (home / "file").touch()
    (home / "tool").write_text("#!/bin/sh\n")
    (home / "tool").chmod(0o755)
    allowed = rules(
        hidden=[home],
        readable=[home / "readable", home / "gone"],
        writable=[home / "writable", home / "file"],
    )
    done = subprocess.run(
        [sys.executable, "-c", TRIES, home], input=json.dumps(allowed), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [
        "lists the hidden",
        "reads what it may",
        "writes what it may",
        "moves what it may",
        "removes what it may",
        "writes the one file that it may",
    ]


@pytest.mark.skipif(not supervisor.landlock(), reason="this kernel has no Landlock")
def test_what_the_kernel_refuses_is_an_error() -> None:
    """A pipe has no place that a rule could name."""
    ours, theirs = os.pipe()
    with pytest.raises(OSError, match="File descriptor in bad state"):
        supervisor.confine([(f"/proc/self/fd/{ours}", True)])
    os.close(ours)
    os.close(theirs)

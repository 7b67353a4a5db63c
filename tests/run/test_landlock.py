"""Landlock rules allow everything but the hidden paths, and the kernel enforces them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.run.landlock import confine, is_supported, path_rules
from tests.run.unprivileged import unprivileged

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has Landlock")
needs_landlock = pytest.mark.skipif(not is_supported(), reason="this kernel has no Landlock")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with two homes, a link to them, and another folder."""
    for name in ("home/me/secret", "home/me/cache", "home/you", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/file").touch()
    (tmp_path / "link").symlink_to("home")
    return tmp_path


def test_everything_is_allowed_except_hidden_paths_and_the_folders_above_them(tree: Path) -> None:
    rules = path_rules(hidden=[tree / "home/me"], readable=[], writable=[])
    below = {path for path, writable in rules if path.startswith(f"{tree}/") and writable}
    assert below == {os.fspath(tree / name) for name in ("home/file", "home/you", "other")}
    above = {os.fspath(folder) for folder in tree.parents} | {os.fspath(tree / "home")}
    assert not above & {path for path, _ in rules}


def test_allowed_parts_of_a_hidden_path_are_named_by_their_real_path(tree: Path) -> None:
    rules = path_rules(hidden=[tree / "link/me"], readable=[tree / "link/me/secret"], writable=[tree / "link/me/cache"])
    assert rules[-2:] == ((f"{tree}/home/me/secret", False), (f"{tree}/home/me/cache", True))


def test_only_named_paths_are_allowed_below_a_folder_that_cannot_be_listed(tree: Path) -> None:
    (tree / "home").chmod(0o311)
    with unprivileged():
        rules = path_rules(hidden=[tree / "home/me"], readable=[], writable=[tree / "home/me/cache"])
    (tree / "home").chmod(0o755)
    assert {path for path, _ in rules if path.startswith(f"{tree}/home")} == {f"{tree}/home/me/cache"}
    assert (f"{tree}/other", True) in rules


ATTEMPTS = """
import json, os, sys
from evenfall.run.landlock import confine

home = sys.argv[1]
confine(json.load(sys.stdin))  # from stdin, because the rules for a full /tmp are longer than an argument may be
attempts = {
    "read a hidden file": lambda: open(home + "/secret/file").close(),
    "write a hidden file": lambda: open(home + "/new", "w").close(),
    "list a hidden folder": lambda: os.listdir(home),
    "run a hidden program": lambda: os.spawnv(os.P_WAIT, home + "/tool", ["tool"]) and os.open(home + "/tool", os.O_RDONLY),
    "read a readable file": lambda: open(home + "/readable/file").close(),
    "write a readable file": lambda: open(home + "/readable/file", "a").close(),
    "truncate a readable file": lambda: os.truncate(home + "/readable/file", 0),
    "create a file in a writable folder": lambda: open(home + "/writable/new", "w").close(),
    "move a file in a writable folder": lambda: os.rename(home + "/writable/new", home + "/writable/newer"),
    "remove a file in a writable folder": lambda: os.unlink(home + "/writable/newer"),
    "write a writable file": lambda: open(home + "/file", "a").close(),
}
successful = []
for name, attempt in attempts.items():
    try:
        attempt()
    except PermissionError:
        continue
    successful.append(name)
print(json.dumps(successful))
"""


@needs_landlock
def test_a_confined_process_can_do_what_the_rules_allow_and_no_more(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("secret", "readable", "writable"):
        (home / name).mkdir(parents=True)
        (home / name / "file").write_text("text")
    (home / "file").touch()
    (home / "tool").write_text("#!/bin/sh\n")
    (home / "tool").chmod(0o755)
    rules = path_rules(
        hidden=[home],
        readable=[home / "readable", home / "missing"],
        writable=[home / "writable", home / "file"],
    )
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, home], input=json.dumps(rules), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [
        "list a hidden folder",
        "read a readable file",
        "create a file in a writable folder",
        "move a file in a writable folder",
        "remove a file in a writable folder",
        "write a writable file",
    ]


@needs_landlock
def test_a_path_that_the_kernel_refuses_is_an_error() -> None:
    """The kernel refuses a pipe, because it is in no folder."""
    reader, writer = os.pipe()
    with pytest.raises(OSError, match="File descriptor in bad state"):
        confine([(f"/proc/self/fd/{reader}", True)])
    os.close(reader)
    os.close(writer)

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


def test_a_path_is_allowed_without_the_hidden_paths_below_it(tree: Path) -> None:
    rules = path_rules(hidden=[tree / "home/me"], readable=[tree / "other"], writable=[tree / "home"])
    assert dict(rules) == {f"{tree}/other": False, f"{tree}/home/file": True, f"{tree}/home/you": True}


def test_the_root_is_not_allowed_as_a_whole_if_a_path_is_hidden(tree: Path) -> None:
    rules = dict(path_rules(hidden=[tree / "home/me"], readable=[Path("/")], writable=[]))
    hidden = tree / "home/me"
    assert "/usr" in rules
    assert not rules.keys() & {"/", *map(os.fspath, (hidden, *hidden.parents))}


def test_paths_are_allowed_by_their_real_path_and_an_allowed_path_below_a_hidden_one_is(tree: Path) -> None:
    rules = path_rules(hidden=[tree / "link/me"], readable=[tree / "link/me/secret"], writable=[tree / "link/me/cache"])
    assert rules == ((f"{tree}/home/me/secret", False), (f"{tree}/home/me/cache", True))


def test_nothing_is_allowed_below_a_folder_with_a_hidden_path_that_cannot_be_listed(tree: Path) -> None:
    (tree / "home").chmod(0o311)
    with unprivileged():
        rules = path_rules(hidden=[tree / "home/me"], readable=[], writable=[tree])
    (tree / "home").chmod(0o755)
    assert rules == ((f"{tree}/other", True),)


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
    system = (Path(sys.base_prefix), Path(sys.prefix), Path("/usr"), Path("/lib"), Path("/lib64"), Path("/etc"))
    rules = path_rules(
        hidden=[],
        readable=[home / "readable", home / "missing", *system],
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

"""A job finds the programs of a runner wherever they are on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.run.programs import PROGRAMS, SUDO_MARKER, is_only_on_runners, link_programs, needed_paths

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="evenfall run is not available on Windows")


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def links(tools: Path) -> dict[str, Path]:
    return {path.name: path.readlink() for path in (tools / PROGRAMS).iterdir()}


def test_a_program_of_a_runner_is_linked_from_home_and_its_prefix_is_needed(tmp_path: Path) -> None:
    home, tools = tmp_path / "home", tmp_path / "tools"
    tools.mkdir()
    kind = program(home / "kind-1/bin/kind")
    program(home / "bin/lampctl")
    path = os.pathsep.join(map(os.fspath, (home / "missing", Path("bin"), home / "bin", kind.parent)))
    needed = link_programs(tools, {"HOME": os.fspath(home), "PATH": path}, excluded=())
    assert links(tools)["kind"] == kind
    assert "lampctl" not in links(tools), "a runner does not have it"
    assert needed == (home / "kind-1",)
    assert not is_only_on_runners("kind", tools)
    assert not is_only_on_runners("lampctl", tools)


def test_programs_of_the_project_and_shims_are_not_linked(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    venv, shims = program(tmp_path / "project/.venv/bin/kind").parent, program(tmp_path / "asdf/shims/kind").parent
    (shims / "minikube").mkdir()
    path = os.pathsep.join(map(os.fspath, (venv, shims)))
    assert link_programs(tools, {"PATH": path}, excluded=(tmp_path / "project",)) == ()
    assert "kind" not in links(tools)
    assert is_only_on_runners("kind", tools)


def test_sudo_fails_and_leaves_a_mark(tmp_path: Path) -> None:
    link_programs(tmp_path, {}, excluded=())
    environ = {"GITHUB_OUTPUT": os.fspath(tmp_path / "output")}
    done = subprocess.run([tmp_path / "sudo", "true"], env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "sudo: a sandbox has no root\n")
    assert (tmp_path / SUDO_MARKER).is_file()


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("opt/tool/bin/gh", "#!/bin/sh\n", ["opt/tool"]),
        ("tools/gh", "#!/usr/bin/env python3\n", ["tools/gh"]),
        (".local/bin/gh", "\x7fELF", [".local/bin/gh", ".local/share/gh-1"]),
        ("bin/gh", "#!$HOME/python/bin/python3\n", ["bin/gh", "python"]),
        ("bin/gh", "#!$HOME/nothing\n", ["bin/gh"]),
    ],
)
def test_a_program_needs_its_prefix_unless_others_share_it_and_its_interpreter(
    tmp_path: Path, path: str, text: str, expected: list[str]
) -> None:
    program(tmp_path / "python/bin/python3")
    (tmp_path / ".local/share/gh-1").mkdir(parents=True)
    made = program(tmp_path / path, text.replace("$HOME", os.fspath(tmp_path)))
    assert [os.path.relpath(found, tmp_path) for found in needed_paths(made, tmp_path)] == expected


def test_a_program_of_the_system_needs_nothing_more() -> None:
    assert [*needed_paths(Path("/usr/bin/env"), Path("/home/me"))] == []

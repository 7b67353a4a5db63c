"""A job finds the programs of a runner wherever they are on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.run.programs import PROGRAMS, SUDO_MARKER, is_only_on_runners, link_programs, needed_paths

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the image is one of Linux")


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
    (home / "bin/minikube").mkdir()
    path = os.pathsep.join(map(os.fspath, (home / "missing", Path("bin"), home / "bin", kind.parent)))
    needed = link_programs(tools, {"HOME": os.fspath(home), "PATH": path}, excluded=())
    assert links(tools)["kind"] == kind
    assert "lampctl" not in links(tools), "a runner does not have it"
    assert "minikube" not in links(tools), "it is a folder"
    assert needed == (home / "kind-1",)
    assert not is_only_on_runners("kind", tools)
    assert not is_only_on_runners("lampctl", tools)


@pytest.mark.parametrize("settings", ['default_toolchain = "stable"', "", "[", None])
def test_a_proxy_of_rustup_is_replaced_by_the_program_of_its_default_toolchain(
    tmp_path: Path, settings: str | None
) -> None:
    proxy = program(tmp_path / ".cargo/bin/rustup")
    for name in ("cargo", "rustfmt"):
        (proxy.parent / name).symlink_to(proxy)
    cargo = program(tmp_path / ".rustup/toolchains/stable/bin/cargo")
    if settings is not None:
        (tmp_path / ".rustup/settings.toml").write_text(settings)
    tools = tmp_path / "tools"
    tools.mkdir()
    needed = link_programs(tools, {"HOME": os.fspath(tmp_path), "PATH": os.fspath(proxy.parent)}, excluded=())
    assert links(tools).get("cargo") == (cargo if settings and "stable" in settings else None)
    assert not {"rustup", "rustfmt"} & links(tools).keys()
    assert needed == ((tmp_path / ".rustup/toolchains/stable",) if settings and "stable" in settings else ())


def test_programs_of_the_project_and_shims_are_not_linked(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    venv, shims = program(tmp_path / "project/.venv/bin/kind").parent, program(tmp_path / "asdf/shims/kind").parent
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
        ("brew/Cellar/gh/1/bin/gh", "\x7fELF", ["brew"]),
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

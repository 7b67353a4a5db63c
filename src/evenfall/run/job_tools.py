"""The programs that a workflow sets up before a session: the Nox and the uv that are locked with the noxfile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.lockfile import read_lockfile
from evenfall.project.tools import scripts_folder, uv_program
from evenfall.run.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """`folder` goes on the PATH of a sandbox; `python` is the interpreter that has Nox and Evenfall; `needs` are the folders of both."""

    folder: Path
    python: Path
    needs: tuple[Path, ...]


def set_up(folder: Path, sandbox: Sandbox, root: Path, environ: Mapping[str, str]) -> Programs:
    """Programs for a snapshot that lies in `sandbox`, in a new `folder`.

    This process already runs in the environment of the noxfile's lock. If the snapshot has the same lock, a runner would install
    the same, unless the lock builds a package, like Evenfall itself, from the project's own files. Raises `EvenfallError`
    (unknown): uv can't install it.
    """
    folder.mkdir()
    lock = sandbox.checkout / SCRIPT_LOCK
    if _same(lock, root / SCRIPT_LOCK) and not _builds_from_the_project(lock):
        own = Path(__file__).resolve().parents[1]
        _link(folder, Path(scripts_folder(), "nox"), uv_program())
        return Programs(folder=folder, python=Path(sys.executable), needs=_homes(Path(sys.prefix), own))
    return _installed(folder, sandbox, environ)


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _builds_from_the_project(lock: Path) -> bool:
    folders = (package.source.folder for package in read_lockfile(lock).package)
    return any(folder is not None and not folder.startswith(("/", "..")) for folder in folders)


def _installed(folder: Path, sandbox: Sandbox, environ: Mapping[str, str]) -> Programs:
    """As `.github/actions/nox` does it."""
    tools, locked = folder / "tools", folder / "nox.txt"
    variables = {**environ, "UV_TOOL_DIR": os.fspath(tools), "UV_TOOL_BIN_DIR": os.fspath(folder)}
    for command in (
        ("export", "--quiet", "--locked", "--script", "noxfile.py", "--output-file", os.fspath(locked)),
        ("tool", "install", "--quiet", "--python", sys.executable, "nox", "--with-requirements", os.fspath(locked)),
    ):
        done = subprocess.run(
            [uv_program(), *command], cwd=sandbox.checkout, env=variables, capture_output=True, text=True
        )
        if done.returncode:
            raise EvenfallError(
                f"{SCRIPT_LOCK}: what it locks can't be installed:\n{done.stderr.strip()}",
                hint="uv lock --script noxfile.py, and git add noxfile.py.lock",
                exit_code=Exit.USAGE if "needs to be updated" in done.stderr else Exit.UNKNOWN,
            )
    environment = tools / "nox"
    (folder / "uv").symlink_to(environment / "bin" / "uv")
    return Programs(folder=folder, python=environment / "bin/python", needs=_homes(environment, sandbox.checkout))


def _link(folder: Path, *programs: Path) -> None:
    for program in programs:
        (folder / program.name).symlink_to(program)


def _homes(*folders: Path) -> tuple[Path, ...]:
    """These, and where this interpreter's own library lies."""
    return (*folders, Path(sys.base_prefix), uv_program().resolve().parent)

"""The tools that a workflow sets up before a session: the Nox and the uv that are locked with the noxfile."""

from __future__ import annotations

import compileall
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.lockfile import read_lockfile
from evenfall.project.tools import scripts_folder, uv_program
from evenfall.project.uv import uv
from evenfall.run.file_system import interpreter_paths
from evenfall.run.programs import link_programs


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTools:
    """The tools of a run.

    `folder` contains `nox` and `uv` and goes on a job's PATH, `python` is the interpreter that can import Nox and Evenfall, and
    `dependencies` are the paths that the tools read.
    """

    folder: Path
    python: Path
    dependencies: tuple[Path, ...]


def provide_tools(folder: Path, checkout: Path, root: Path, environ: Mapping[str, str]) -> JobTools:
    """Provide the tools for the noxfile's lock in a checkout, in a new `folder`, and the programs of a runner that this user has.

    This process already runs in the environment of the lock in `root`. If the checkout has the same lock, a runner would install the
    same tools, unless the lock builds a package, like Evenfall itself, from the project's own files. Raises `EvenfallError`: the
    lock is out of date (usage), uv can't install it (unknown).
    """
    folder.mkdir()
    programs = link_programs(folder, environ, excluded=(root, Path(scripts_folder())))
    lock = checkout / SCRIPT_LOCK
    if _is_same(lock, root / SCRIPT_LOCK) and not _builds_from_project(lock):
        for program in (Path(scripts_folder(), "nox"), uv_program()):
            (folder / program.name).symlink_to(program)
        evenfall = Path(__file__).resolve().parents[1]
        compile_bytecode(evenfall)
        return _tools(folder, Path(sys.executable), Path(sys.prefix), evenfall, *programs)
    return _install(folder, checkout, programs)


def _is_same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _builds_from_project(lock: Path) -> bool:
    folders = (package.source.folder for package in read_lockfile(lock).package)
    return any(folder is not None and not folder.startswith(("/", "..")) for folder in folders)


def _install(folder: Path, checkout: Path, programs: Sequence[Path]) -> JobTools:
    """Install the locked tools with the commands of `.github/actions/nox`."""
    requirements = os.fspath(folder / "nox.txt")
    environ = {"UV_TOOL_DIR": os.fspath(folder / "installed"), "UV_TOOL_BIN_DIR": os.fspath(folder)}
    for command in (
        ("export", "--quiet", "--locked", "--script", NOXFILE, "--output-file", requirements),
        ("tool", "install", "--quiet", "--python", sys.executable, "nox", "--with-requirements", requirements),
    ):
        uv(checkout, *command, env=environ)
    environment = folder / "installed" / "nox"
    (folder / "uv").symlink_to(environment / "bin" / "uv")
    compile_bytecode(*environment.glob("lib/*/site-packages/evenfall"))
    return _tools(folder, environment / "bin" / "python", environment, checkout, *programs)


def _tools(folder: Path, python: Path, *dependencies: Path) -> JobTools:
    linked = Path(sys.executable)
    while linked.is_symlink() and linked.is_relative_to(sys.prefix):
        linked = linked.parent / linked.readlink()  # outside of the environment, it can be a link, too
    return JobTools(
        folder=folder, python=python, dependencies=(*dependencies, *interpreter_paths(linked), uv_program().resolve())
    )


def compile_bytecode(*packages: Path) -> None:
    """Write the bytecode of packages of the tools, because a job, which can't write there, would compile their modules each time."""
    for package in packages:
        compileall.compile_dir(package, quiet=2, workers=1)

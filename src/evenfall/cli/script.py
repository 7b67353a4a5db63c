"""The environment that runs the noxfile: verbs that read it must run in there, with the Evenfall that its lock names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import NOXFILE

MODE = "NOX_SCRIPT_MODE"
"""Nox's own variable; `none` says that this process runs in the right environment already."""


def in_script_environment(root: Path) -> None:
    """Return in the environment of `noxfile.py.lock`, by starting this very command anew inside it where need be.

    Raises `EvenfallError`: no noxfile, no lock or a stale one (usage); the environment can't be made (unknown).
    """
    if os.environ.get(MODE) == "none":
        return
    if not (root / NOXFILE).is_file():
        raise EvenfallError(f"{NOXFILE}: not found in {root}", hint="evenfall init")
    if not (root / f"{NOXFILE}.lock").is_file():
        raise EvenfallError(f"{NOXFILE}.lock: not found in {root}", hint=f"uv lock --script {NOXFILE}")
    _uv(root, "sync", "--quiet", "--locked", "--script", NOXFILE)
    python = _uv(root, "python", "find", "--script", NOXFILE).strip()
    os.environ[MODE] = "none"
    if Path(python).parent == Path(sys.executable).parent:
        return
    raise SystemExit(subprocess.run([python, "-m", "evenfall", *sys.argv[1:]]).returncode)


def _uv(root: Path, *arguments: str) -> str:
    from uv import find_uv_bin

    done = subprocess.run([find_uv_bin(), *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8")
    if done.returncode == 0:
        return done.stdout
    if "needs to be updated" in done.stderr:
        raise EvenfallError(
            f"{NOXFILE}.lock: it is not what the header of {NOXFILE} asks for", hint=f"uv lock --script {NOXFILE}"
        )
    raise EvenfallError(
        f"{NOXFILE}: uv could not make the environment that runs it:\n{done.stderr.strip()}",
        hint=f"uv sync --script {NOXFILE}",
        exit_code=Exit.UNKNOWN,
    )

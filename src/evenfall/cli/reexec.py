"""Verbs that read the noxfile must run in its environment, with the Evenfall that its lock names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from evenfall.pipeline.script_environment import script_python

MODE = "NOX_SCRIPT_MODE"
"""Nox's own variable; `none` says that this process runs in the right environment already."""


def in_script_environment(root: Path) -> None:
    """Return in the environment of `noxfile.py.lock`, by becoming this very command inside it where need be.

    One process, so that a signal reaches who is to clean up. Raises `EvenfallError` as `script_python` does.
    """
    if os.environ.get(MODE) == "none":
        return
    python = script_python(root)
    os.environ[MODE] = "none"
    command = (os.fspath(python), "-P", "-m", "evenfall", *sys.argv[1:])
    if os.name == "nt":  # pragma: no cover - there, who starts a program that takes its place is told that it has ended
        raise SystemExit(subprocess.run(command).returncode)
    os.execv(python, command)

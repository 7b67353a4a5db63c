"""Verbs that read the noxfile must run in its environment, with the Evenfall that its lock names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from evenfall.pipeline.script import script_python

MODE = "NOX_SCRIPT_MODE"
"""Nox's own variable; `none` says that this process runs in the right environment already."""


def in_script_environment(root: Path) -> None:
    """Return in the environment of `noxfile.py.lock`, by starting this very command anew inside it where need be.

    Raises `EvenfallError` as `script_python` does, and `SystemExit` with the code of the command that was started.
    """
    if os.environ.get(MODE) == "none":
        return
    python = script_python(root)
    os.environ[MODE] = "none"
    raise SystemExit(subprocess.run([python, "-m", "evenfall", *sys.argv[1:]]).returncode)

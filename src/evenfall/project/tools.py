"""Find the programs that are installed with Evenfall: uv, and the tools of `evenfall[sessions]`, all locked with the noxfile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from uv import find_uv_bin

from evenfall.errors import EvenfallError, Exit

ADD_SESSIONS_EXTRA = 'write "evenfall[sessions]" in the header of noxfile.py, then: uv lock --script noxfile.py'


@cache
def uv_program() -> Path:
    """Return the path of the uv that is installed with Evenfall."""
    return Path(os.fsdecode(find_uv_bin()))


def find_tool(name: str, folder: str | None = None) -> str | None:
    """Return the path of a program in the environment that runs Evenfall, or in `folder`. Return None if it is not installed there."""
    return shutil.which(name, path=folder or scripts_folder())


def require_tool(name: str, folder: str | None = None, *, hint: str = ADD_SESSIONS_EXTRA) -> str:
    """Return the path of a program as `find_tool` does. Raises `EvenfallError` (unknown) if it is not installed."""
    found = find_tool(name, folder)
    if found is None:
        environment = os.path.dirname(folder or scripts_folder())
        raise EvenfallError(
            f"{name}: not installed in the environment that runs Evenfall ({environment})",
            hint=hint,
            exit_code=Exit.UNKNOWN,
        )
    return found


def run_tool(
    command: Sequence[str | Path],
    folder: Path | None = None,
    *,
    variables: Mapping[str, str | None] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program without input, and return its exit code and its output, in which U+FFFD replaces bytes that are not UTF-8.

    `variables` are added to the environment, or removed from it if they are None. Raises `OSError` and `subprocess.TimeoutExpired`.
    """
    environ = {name: value for name, value in {**os.environ, **(variables or {})}.items() if value is not None}
    return subprocess.run(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
    )


def scripts_folder() -> str:
    """Return the folder of the programs in the environment that runs Evenfall."""
    return sysconfig.get_path("scripts")

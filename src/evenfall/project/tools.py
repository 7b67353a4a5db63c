"""Find the programs that are installed with Evenfall: uv, and the tools of `evenfall[sessions]`, all locked with the noxfile."""

from __future__ import annotations

import os
import shutil
import sysconfig
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


def scripts_folder() -> str:
    """Return the folder of the programs in the environment that runs Evenfall."""
    return sysconfig.get_path("scripts")

"""The tools that the standard sessions bring themselves, locked with the noxfile: `evenfall[sessions]`."""

from __future__ import annotations

import os
import shutil
import sysconfig

from evenfall.errors import EvenfallError, Exit


def own_tool(name: str) -> str:
    """The path of a program in the environment that runs the noxfile. Raises `EvenfallError` (unknown) where it is missing."""
    scripts = sysconfig.get_path("scripts")
    found = shutil.which(name, path=scripts)
    if found is None:
        raise EvenfallError(
            f"{name}: not in the noxfile's environment ({os.path.dirname(scripts)})",
            hint='write "evenfall[sessions]" in the header of noxfile.py, then: uv lock --script noxfile.py',
            exit_code=Exit.UNKNOWN,
        )
    return found

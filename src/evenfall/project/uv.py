"""The edge to uv: the one that is installed beside Evenfall, so locked with the noxfile."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.project.tools import uv_program

# A session or a virtual environment around us says nothing about the project that uv is asked about.
_OURS_ALONE = ("UV_PROJECT_ENVIRONMENT", "UV_NO_SYNC", "UV_PYTHON", "UV", "VIRTUAL_ENV")


def uv(root: Path, *arguments: str) -> str:
    """What a uv command prints.

    Raises `EvenfallError`: a lock is not current or broken, a script's header is (usage, naming it); anything else that uv
    can't do (unknown), in its words.
    """
    environ = {name: value for name, value in os.environ.items() if name not in _OURS_ALONE}
    done = subprocess.run(
        [uv_program(), *arguments],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode == 0:
        return done.stdout
    raise _refusal(arguments, done.stderr.strip())


def _refusal(arguments: tuple[str, ...], said: str) -> EvenfallError:
    lock, command = _lock_of(arguments)
    script = lock.removesuffix(".lock")
    if "needs to be updated" in said:
        return EvenfallError(f"{lock}: it is not what its requirements ask for any more", hint=command)
    if "Failed to parse `uv.lock`" in said:
        line = re.search(r"at line (\d+)", said)
        place = f"{lock}:{line[1]}" if line else lock
        return EvenfallError(f"{place}: uv can't read it", hint=f"git checkout HEAD -- {lock}, then {command}")
    if "does not contain a PEP 723 metadata tag" in said:
        return EvenfallError(f"{script}: it has no script header (PEP 723)", hint="evenfall init shows what it lacks")
    if "--script" in arguments and said.startswith("error: TOML parse error"):
        return EvenfallError(
            f"{script}: its script header is not TOML:\n{said}", hint="correct the lines from # /// script to # ///"
        )
    return EvenfallError(
        f"uv {' '.join(arguments[:2])} failed:\n{said}", hint="correct what uv names", exit_code=Exit.UNKNOWN
    )


def _lock_of(arguments: tuple[str, ...]) -> tuple[str, str]:
    """The lockfile that a command checks, and the command that brings it up to date; uv's own message names uv.lock for both."""
    if "--script" in arguments:
        script = arguments[arguments.index("--script") + 1]
        return f"{script}.lock", f"uv lock --script {script}"
    return "uv.lock", "uv lock"

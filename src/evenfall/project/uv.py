"""The edge to uv: the one that is installed beside Evenfall, so locked with the noxfile."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.project.tools import uv_program

# Variables of the session or virtual environment around this process, and those that would make uv read another project or
# only a part of the lock.
_EXCLUDED = {"UV_PROJECT_ENVIRONMENT", "UV_NO_SYNC", "UV_PYTHON", "UV", "VIRTUAL_ENV"} | {
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_NO_DEV",
    "UV_NO_GROUP",
    "UV_NO_DEFAULT_GROUPS",
}


def uv(
    root: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    codes: Collection[int] = (0,),
    timeout: float | None = None,
) -> str:
    """Return the standard output of a uv command.

    `env` adds variables to the environment, `codes` are the exit codes of success, and `timeout` is in seconds.

    Raises `EvenfallError`: usage if a lock is not current or broken, or if a script's header is invalid; unknown, with uv's
    message, for any other failure.
    """
    environ = {name: value for name, value in os.environ.items() if name not in _EXCLUDED}
    try:
        done = subprocess.run(
            [uv_program(), *arguments],
            cwd=root,
            env=environ | dict(env or {}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        raise EvenfallError(
            f"uv {' '.join(arguments[:2])}: no answer within {timeout:g} seconds", exit_code=Exit.UNKNOWN
        ) from error
    if done.returncode in codes:
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

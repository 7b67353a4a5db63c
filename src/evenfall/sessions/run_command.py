"""Run programs in a session: a check whose failure must not stop the session, and commands of Evenfall itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import nox

from evenfall.errors import EvenfallError, Exit


def environment_folder(session: nox.Session) -> Path:
    """Return the absolute path of a session's environment. `env_dir` is relative to the folder in which Nox starts."""
    return Path(session.bin).parent


def passes(
    session: nox.Session,
    *command: str,
    external: bool | Literal["error"],
    env: Mapping[str, str | None] | None = None,
    success_codes: Sequence[int] = (0,),
) -> bool:
    """Run a program as `session.run` does. Return whether it succeeded, instead of ending the session."""
    return exit_code(session, *command, external=external, env=env, success_codes=success_codes) == Exit.FINE


def exit_code(
    session: nox.Session,
    *command: str,
    external: bool | Literal["error"],
    env: Mapping[str, str | None] | None = None,
    success_codes: Sequence[int] = (0,),
) -> int:
    """Run a program as `session.run` does. Return its exit code, instead of ending the session; 0 for any of `success_codes`."""
    # Not at the top: it imports Nox's internals, and a declaration first checks the version of Nox.
    from evenfall.pipeline.nox_adapter import CommandFailed

    try:
        session.run(*command, external=external, env=env, success_codes=success_codes)
    except CommandFailed as error:
        return error.return_code or Exit.FINDINGS
    return Exit.FINE


def run_evenfall(session: nox.Session, command: str, *options: str) -> None:
    """Run `evenfall COMMAND`, such as `audit` or `release version`, in the noxfile's own environment.

    It gets `options` and the arguments after `--`.

    Raises `EvenfallError` if the command fails. If it could not find out, the message starts with "inconclusive: ".
    """
    arguments = (*command.split(), *options, *session.posargs)
    session.log(f"evenfall {' '.join(arguments)}")
    command_line = [sys.executable, "-P", "-m", "evenfall", *arguments]
    code = subprocess.run(
        command_line, check=False, env=with_interpreter(os.environ, session.bin_paths or ())
    ).returncode
    if code == Exit.UNKNOWN:
        raise EvenfallError(
            f"inconclusive: evenfall {command} could not find out; see the reason above", exit_code=Exit.UNKNOWN
        )
    if code:
        raise EvenfallError(f"evenfall {command} exited with {code}; see the reason above")


def with_interpreter(environ: Mapping[str, str], folders: Sequence[str]) -> dict[str, str]:
    """Return variables with which `find_for_lock` finds a session's interpreter if no other fits; its `folders` hide no program."""
    return {**environ, "PATH": os.pathsep.join([environ.get("PATH", os.defpath), *folders])}

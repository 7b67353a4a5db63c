"""A session that is a verb of the command: the same code, the same options after `--`."""

from __future__ import annotations

import subprocess
import sys

import nox

from evenfall.errors import EvenfallError, Exit


def run_verb(session: nox.Session, verb: str, *options: str) -> None:
    """Run `evenfall VERB`, with the options and what follows `--`, in the noxfile's own environment.

    Raises `EvenfallError`: findings, wrong usage, or, beginning with "inconclusive: ", what could not be found out.
    """
    command = (verb, *options, *session.posargs)
    session.log(f"evenfall {' '.join(command)}")
    code = subprocess.run([sys.executable, "-P", "-m", "evenfall", *command], check=False).returncode
    if code == Exit.UNKNOWN:
        raise EvenfallError(
            f"inconclusive: evenfall {verb} could not find out; it says why above", exit_code=Exit.UNKNOWN
        )
    if code:
        raise EvenfallError(f"evenfall {verb} ended with {code}; it says why above")

"""Complete a project's own noxfile, so that it declares the standard sessions beside its own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from evenfall.adopt.adoption import Adoption, decode
from evenfall.adopt.own_noxfile import OwnNoxfile, read_own_noxfile
from evenfall.adopt.script_header import find_header
from evenfall.errors import EvenfallError
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.script_environment import script_python


def complete_noxfile(adoption: Adoption, standard_code: str, idle: Callable[[], Sequence[str]]) -> None:
    """Add to the project's own noxfile what it lacks: the script header, the imports, the standard sessions and `nox.main()`.

    `standard_code` is the code of a noxfile with every standard session. The noxfile's own sessions stay: standard sessions of their names,
    and those that require one of these, are omitted, and so are those that `idle` returns, which have nothing to run. Raises
    `EvenfallError` if uv, Python or Nox can't read the noxfile.
    """
    own = read_own_noxfile(adoption.scratch / NOXFILE)
    noxfile = own.with_header(adoption.header, replaces_source=bool(adoption.source))
    _write(adoption, noxfile)
    adoption.uv("lock", "--quiet", "--script", NOXFILE)
    if not (noxfile.declares_for_ci and _is_complete(adoption)):
        adoption.omitted = _conflicts(adoption, own, noxfile, standard_code)
    if not noxfile.declares_for_ci:
        adoption.omitted += tuple(idle())
    _write(adoption, noxfile.with_sessions(adoption.omitted, release=adoption.release))
    _describe(adoption, read_own_noxfile(adoption.scratch / NOXFILE))


def _write(adoption: Adoption, noxfile: OwnNoxfile) -> None:
    adoption.write(NOXFILE, decode(noxfile.content))


def _read(adoption: Adoption) -> Pipeline:
    return read_pipeline(adoption.scratch, python=os.fspath(script_python(adoption.scratch)))


def _is_complete(adoption: Adoption) -> bool:
    """Return whether the noxfile with its new header is a pipeline already."""
    try:
        _read(adoption)
    except EvenfallError:
        return False
    return True


def _conflicts(adoption: Adoption, before: OwnNoxfile, noxfile: OwnNoxfile, standard_code: str) -> tuple[str, ...]:
    """Return the standard sessions and hosted jobs of which the noxfile declares one of the same name, or that require such a session."""
    _write(adoption, noxfile.without_evenfall)
    try:
        own = _read(adoption)
    except EvenfallError as error:
        raise _located(error, len(noxfile.without_evenfall.lines) - len(before.lines)) from error
    header = find_header(noxfile.text)
    adoption.write(NOXFILE, f"{header[0] if header else ''}{standard_code}")
    standard = _read(adoption)
    names = {*own.local, *(session.name for session in own.sessions), *(job.name for job in own.hosted_jobs)}
    omitted: list[str] = []
    for session in standard.sessions:
        required = {name for job in session.jobs for name in job.requires}
        if session.name in names or required & {*omitted}:
            omitted.append(session.name)
    return (*omitted, *(job.name for job in standard.hosted_jobs if job.name in names))


def _located(error: EvenfallError, added: int) -> EvenfallError:
    """Return an error of a noxfile to which lines were added at its start, with the line of the user's file."""
    message = re.sub(rf"(?<={re.escape(NOXFILE)}:)\d+", lambda match: str(int(match[0]) - added), error.message)
    module = re.search(r"No module named '([\w]+)", message)
    hint = (
        f"uv add --script {NOXFILE} {module[1]}, or the package that has it; then evenfall init"
        if module
        else error.hint
    )
    return EvenfallError(message, hint=hint, exit_code=error.exit_code)


def _describe(adoption: Adoption, noxfile: OwnNoxfile) -> None:
    """Note which of the noxfile's own sessions CI does not run, and how the noxfile runs as a script if it does not run Nox."""
    local = _read(adoption).local
    if local:
        adoption.notes.append(
            f"the workflows of Evenfall do not run your sessions {', '.join(local)}; "
            "to run one in CI, declare it with @evenfall.session in place of @nox.session"
        )
    if not noxfile.runs_nox:
        adoption.notes.append(
            f"{NOXFILE} does something else as a script, so uv run {NOXFILE} does not run Nox; run uvx nox"
        )

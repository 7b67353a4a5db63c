"""A session's environment, made exact: the Python that its name says, and what the lock says, no more and no less."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nox

from evenfall.errors import EvenfallError
from evenfall.project import find_root, lockfile, read_project

# What whoever started Nox asked for, and the coverage that measures it, must not reach into what runs inside a session.
_OF_AN_OUTER_RUN = (
    "EVENFALL_ASKED",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
    "PYTEST_ADDOPTS",
    "PYTEST_XDIST_WORKER",
    "PYTEST_CURRENT_TEST",
)


def prepare(session: nox.Session, groups: tuple[str, ...] | None) -> None:
    """Check the interpreter and, unless `groups` is `None`, install exactly these groups and the project.

    Raises `EvenfallError` (usage) where another Python runs than the session's name says, or there is no `uv.lock`.
    """
    if session.venv_backend == "none":
        return
    for variable in _OF_AN_OUTER_RUN:
        session.env[variable] = None
    check_interpreter(session)
    if groups is not None:
        sync(session, groups)


def check_interpreter(session: nox.Session) -> None:
    """A session named 3.12 can run another Python (`UV_PYTHON`, `.python-version`): ask the interpreter itself."""
    wanted = str(session.python)
    if not re.fullmatch(r"3\.\d+", wanted):
        return
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    found = str(session.run("python", "-c", program, silent=True, log=False)).strip()
    if found != wanted:
        raise EvenfallError(
            f"{session.name}: its environment runs Python {found}, not {wanted}",
            hint=f"nox -s {session.name} without --reuse",
        )


def sync(session: nox.Session, groups: tuple[str, ...]) -> None:
    """`uv sync --locked` of the groups into the session's environment, with the project built anew and not editable.

    uv would install a stale build of the project after an edit, hence `--reinstall-package`. What runs inside later, like
    `uv run` in a hook, takes this environment as it is.
    """
    root = find_root(Path.cwd())
    if not (root / lockfile.NAME).is_file():
        raise EvenfallError(f"{lockfile.NAME}: not found in {root}", hint="uv lock")
    project = read_project(root)
    chosen = [word for group in groups for word in ("--group", group)]
    chosen += [word for extra in project.pyproject.settings.extras for word in ("--extra", extra)]
    exact = ("--locked", "--exact", "--no-default-groups", "--no-editable", "--reinstall-package", project.name)
    session.run_install("uv", "sync", "--quiet", *exact, *chosen, env={"UV_PYTHON_DOWNLOADS": "never"})
    session.env["UV_NO_SYNC"] = "1"
    session.env["PATH"] = os.pathsep.join([str(Path(os.environ["UV"]).parent), os.environ.get("PATH", os.defpath)])

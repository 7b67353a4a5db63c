"""A session's environment, made exact: the Python that its name says, and what the lock says, no more and no less."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nox

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.project import find_root, read_project

# What whoever started Nox asked for, and the coverage that measures it, must not reach into what runs inside a session.
_OF_AN_OUTER_RUN = (
    "EVENFALL_ASKED",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
    "PYTEST_ADDOPTS",
    "PYTEST_XDIST_WORKER",
    "PYTEST_CURRENT_TEST",
    "EVENFALL_SYSTEM",
    "EVENFALL_PYTHON",
    "EVENFALL_SKIPPED_JOBS",
    "SKIP",  # pre-commit's: hooks to leave out
)

# As Nox writes it: 3.12, 3.13t for a free-threaded build, pypy3.11.
_WHICH = """
import platform, sys, sysconfig
implementation = "" if platform.python_implementation() == "CPython" else platform.python_implementation().lower()
print("%s%d.%d%s" % (implementation, *sys.version_info[:2], "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""))
"""


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
    """A session named 3.12 can run another Python (`UV_PYTHON`, `.python-version`): ask the interpreter itself.

    A name that is no minor version, like 3, promises nothing that could be checked.
    """
    wanted = re.fullmatch(r"(?:python|cpython)?-?(3\.\d+t?)|(pypy)-?(3\.\d+)", str(session.python))
    if wanted is None:
        return
    found = str(session.run("python", "-c", _WHICH, silent=True, log=False)).strip()
    if found != "".join(part for part in wanted.groups() if part):
        raise EvenfallError(
            f"{session.name}: its environment runs Python {found}, not {session.python}",
            hint=f"remove {session.env_dir}, and the variable UV_PYTHON where it is set",
        )


def sync(session: nox.Session, groups: tuple[str, ...]) -> None:
    """`uv sync --locked` of the groups into the session's environment, with the project built anew and not editable.

    uv would install a stale build of a folder after an edit, of the project as of a workspace member: hence
    `--reinstall-package`. What runs inside later, like
    `uv run` in a hook, takes this environment as it is.
    """
    root = find_root(Path.cwd())
    if not (root / lockfile.NAME).is_file():
        raise EvenfallError(f"{lockfile.NAME}: not found in {root}", hint="uv lock")
    project = read_project(root)
    chosen = [word for group in groups for word in ("--group", group)]
    chosen += [word for extra in project.pyproject.settings.extras for word in ("--extra", extra)]
    anew = [word for name in project.lock.local() for word in ("--reinstall-package", name)]
    exact = ("--locked", "--exact", "--no-default-groups", "--no-editable", *anew)
    session.run_install("uv", "sync", "--quiet", *exact, *chosen, env={"UV_PYTHON_DOWNLOADS": "never"})
    session.env["UV_NO_SYNC"] = "1"
    session.env["PATH"] = os.pathsep.join([str(Path(os.environ["UV"]).parent), os.environ.get("PATH", os.defpath)])

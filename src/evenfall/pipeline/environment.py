"""The environment of a session: the Python that the session's name says, and exactly the locked packages."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nox

from evenfall.errors import EvenfallError
from evenfall.package_index.address import is_remote
from evenfall.pipeline.build_source import tracked_source
from evenfall.pipeline.model import BUILT, INTERPRETER, LAYER, SKIPPED_JOBS, SYSTEM
from evenfall.project import lockfile
from evenfall.project.install_options import install_options
from evenfall.project.project import read_project
from evenfall.project.python_names import limits_patches, with_patches
from evenfall.project.root import find_root
from evenfall.project.session_python import CHOSEN

REQUESTED = "EVENFALL_REQUESTED"
"""The sessions and Pythons that the user named. The workers of `nox -j` read them, because each worker's command line names one job."""

# Variables of the process that started Nox. Programs inside a session, tests above all, must not depend on them.
_OUTER_VARIABLES = (
    REQUESTED,
    INTERPRETER,
    LAYER,
    SYSTEM,
    SKIPPED_JOBS,
    CHOSEN,
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
    "PYTEST_ADDOPTS",
    "PYTEST_XDIST_WORKER",
    "PYTEST_CURRENT_TEST",
    "SKIP",  # the hooks that pre-commit skips
)

# Prints the version as Nox writes it (3.12, 3.13t for a free-threaded build, pypy3.11), and the release (3.12.4).
_PRINT_VERSION = """
import platform, sys, sysconfig
implementation = "" if platform.python_implementation() == "CPython" else platform.python_implementation().lower()
print("%s%d.%d%s" % (implementation, *sys.version_info[:2], "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""))
print("%d.%d.%d" % sys.version_info[:3])
"""


PythonVersion = tuple[str, str]
"""The version of a Python as Nox writes it, and its release, such as `("3.13t", "3.13.1")`."""


def prepare(
    session: nox.Session,
    groups: tuple[str, ...] | None,
    member: str = ".",
    *,
    known: PythonVersion | None = None,
    is_from_mirror: bool = False,
) -> None:
    """Check the interpreter and, unless `groups` is `None`, install exactly these groups and the project.

    In a workspace, `member` is the member whose packages are installed; `.` is the workspace. `known` is the interpreter's version;
    without it, the interpreter is asked. `is_from_mirror` is whether the mirror made the environment.

    Raises `EvenfallError` (usage) as `check_interpreter` and `sync` do.
    """
    if session.venv_backend == "none":
        return
    for variable in _OUTER_VARIABLES:
        session.env[variable] = None
    check_interpreter(session, known)
    if groups is not None:
        sync(session, groups, member, is_from_mirror=is_from_mirror)


def check_interpreter(session: nox.Session, known: PythonVersion | None = None) -> None:
    """Check the interpreter's version, because `UV_PYTHON` or `.python-version` can make a session named 3.12 run another one.

    A name that is not a minor version, like 3, can't be checked. Raises `EvenfallError` (usage) if the versions differ, or if
    `requires-python` allows only other releases of the version.
    """
    expected = re.fullmatch(r"(?:python|cpython)?-?(3\.\d+t?)|(pypy)-?(3\.\d+)", str(session.python))
    if expected is None:
        return
    version, release = known or str(session.run("python", "-I", "-c", _PRINT_VERSION, silent=True, log=False)).split()
    name = "".join(part for part in expected.groups() if part)
    allowed = read_project(find_root(Path.cwd())).allowed_pythons
    if version != name or (limits_patches(allowed, name) and not allowed.contains(release)):
        found = version if version != name else release
        raise EvenfallError(
            f"{session.name}: its environment runs Python {found}, not {with_patches(name, allowed)}",
            hint=f"remove {session.env_dir}, and unset UV_PYTHON if it is set",
        )


def sync(session: nox.Session, groups: tuple[str, ...], member: str = ".", *, is_from_mirror: bool = False) -> None:
    """Install the groups and the project with `uv sync --locked`; the project is built from its tracked files and not editable.

    Without `--reinstall-package`, uv would reuse a stale build of the project or of another local package after an edit; with it, uv
    also asks the interpreter for all facts again. Where the environment `is_from_mirror`, nothing is built again: uv finds no build
    there, or the one that the mirror made of the same files. A wheel from a folder is always installed again, because uv would not see
    that it has other content. With `UV_NO_SYNC`, programs in the session, like `uv run` in a hook, use the environment as it is.

    Raises `EvenfallError` (usage) if there is no `uv.lock`, and as `tracked_source` does.
    """
    root = find_root(Path.cwd())
    if not (root / lockfile.NAME).is_file():
        raise EvenfallError(f"{lockfile.NAME}: not found in {root}", hint="uv lock")
    project = read_project(root).member(member)
    options = ["--quiet", "--locked", "--exact", "--no-default-groups", "--no-editable"]
    built = [each.name for each in project.lock.package if each.source.is_folder and not each.source.virtual]
    local = [each.name for each in project.lock.package if each.source.registry and not is_remote(each.source.registry)]
    options += [f"--reinstall-package={name}" for name in (*(() if is_from_mirror else built), *local)]
    options += install_options(project, groups)
    is_built = is_from_mirror and (not built or os.environ.get(LAYER) == BUILT)
    with tracked_source(root, project.lock, Path(session.env_dir, "source").absolute(), is_built=is_built) as source:
        where = [] if source == root else [f"--project={os.path.relpath(source)}"]
        # Not a uv that the project has locked: Nox prefers it where the environment exists, but a runner makes a new one.
        uv = os.environ["UV"]
        session.run_install(uv, "sync", *where, *options, env={"UV_PYTHON_DOWNLOADS": "never"}, external=True)
    session.env["UV_NO_SYNC"] = "1"
    session.env["PATH"] = os.pathsep.join([str(Path(uv).parent), os.environ.get("PATH", os.defpath)])

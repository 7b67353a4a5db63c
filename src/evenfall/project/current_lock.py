"""Read the lock of a project or a script, and ask uv whether it is current: `uv lock --check`.

uv usually needs no network for that. It needs the network if the build backend states the requirements and is not in uv's cache.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from evenfall.errors import EvenfallError, Exit
from evenfall.input_file import read_file
from evenfall.project.interpreters import find_for_lock
from evenfall.project.lockfile import NAME, Lockfile, read_lockfile, require_complete_lock
from evenfall.project.python_names import allows_minor
from evenfall.project.pythons import RELEASED
from evenfall.project.toml import PYPROJECT, lock_command, restore_command
from evenfall.project.uv import finish_lock_check, start_uv

_CHECK = ("lock", "--check", "--verbose", "--color=never", "--no-progress")
_OFFLINE = (*_CHECK, "--offline")

# The variables that say how uv reaches data, or what it must not do. All others, such as UV_PROJECT or UV_RESOLUTION, change what is
# checked. https://docs.astral.sh/uv/reference/environment/
_ACCESS = re.compile(
    r"UV_(CACHE_DIR|NO_CACHE|OFFLINE|NO_BUILD|NO_BUILD_PACKAGE|HTTP_\w+|REQUEST_TIMEOUT|CONCURRENT_\w+|KEYRING_PROVIDER"
    r"|CREDENTIALS_DIR|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|PYTHON_DOWNLOADS\w*|PYTHON_INSTALL\w+|LINK_MODE|LOCK_TIMEOUT"
    r"|GITHUB_TOKEN|SKIP_WHEEL_FILENAME_CHECK|INDEX_\w+_(USERNAME|PASSWORD))"
)
_INDEXES = re.compile(r"UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CONFIG_FILE)")


def read_current_lock(root: Path, name: str = NAME) -> Lockfile:
    """Parse the `uv.lock` in the folder `root`, or the lock of a script, whose path is relative to it, while uv checks that it is current.

    Raises `EvenfallError`: as `read_lockfile` and `require_complete_lock` do (usage), the lock is out of date (usage), or uv could
    not find out (unknown), with uv's reason.
    """
    with _start_check(root, name) as process:
        lock = require_complete_lock(read_lockfile(root / name, name), name)
        _finish_check(process, root, lock)
    return lock


def check_lock(root: Path, lock: Lockfile) -> None:
    """Check that the lock in `root`, which is parsed already, is current. Raises `EvenfallError` as `read_current_lock` does."""
    with _start_check(root, lock.name) as process:
        _finish_check(process, root, lock)


def _start_check(root: Path, name: str) -> subprocess.Popen[str]:
    # uv would wait forever for a named pipe.
    lock = Path(name)
    if name == NAME:
        read_file(root / PYPROJECT, missing="evenfall init")
    read_file(root / lock, missing=lock_command(lock), hint=restore_command(lock))
    return start_uv(root, *_OFFLINE, *_script_option(name), environ=_environ())


def _script_option(lock_name: str) -> tuple[str, ...]:
    return () if lock_name == NAME else ("--script", lock_name.removesuffix(".lock"))


def _finish_check(process: subprocess.Popen[str], root: Path, lock: Lockfile) -> None:
    """Return if this check, or one in another environment, proves that the lock is current; else raise an error.

    uv may use the network only if no check without it gave an answer.
    """
    script = _script_option(lock.name)
    try:
        finish_lock_check(process, root, (*_OFFLINE, *script))
    except EvenfallError as error:
        errors = [error]
    else:
        return
    for arguments, environ in _further_checks(lock.requires_python):
        outdated = next((error for error in errors if error.exit_code is Exit.USAGE), None)
        if outdated and arguments == _CHECK:
            raise outdated
        try:
            with start_uv(root, *arguments, *script, environ=environ) as process:
                finish_lock_check(process, root, (*arguments, *script))
        except EvenfallError as error:
            errors.append(error)
        else:
            return
    if errors[-1].exit_code is Exit.USAGE:
        raise errors[-1]
    raise EvenfallError(
        f"{lock.name}: uv could not find out whether it is current: {errors[-1].message}",
        hint=" ".join(("uv lock --check", *script)),
        exit_code=Exit.UNKNOWN,
    ) from errors[-1]


def _further_checks(requires_python: str) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Yield the arguments and variables of further checks, the one with the network last.

    uv may not have found an interpreter, or another one than the lock was made with, which matters to a project without
    `requires-python`. Or the lock was made with indexes that only the user's variables name.
    """
    python = _oldest_interpreter(requires_python)
    chosen = {"UV_PYTHON": python} if python else {}
    project, user = _environ() | chosen, _environ(indexes=True) | chosen
    if project != _environ():
        yield _OFFLINE, project
    if user != project:
        yield _OFFLINE, user
    yield _CHECK, user


def _environ(*, indexes: bool = False) -> dict[str, str]:
    """Return the variables for uv, without those that change what is checked; the user's indexes only if requested."""
    return {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith("UV_") or name in {"UV", "VIRTUAL_ENV"})
        or _ACCESS.fullmatch(name)
        or (indexes and _INDEXES.fullmatch(name))
    }


def _oldest_interpreter(requires_python: str) -> str:
    """Return the oldest suitable interpreter, because uv finds neither pyenv's behind a shim nor that of an environment; else nothing."""
    try:
        allowed = SpecifierSet(requires_python)
    except InvalidSpecifier:
        allowed = SpecifierSet()
    found = (find_for_lock([version], allowed) for version in RELEASED if allows_minor(allowed, version))
    return next(filter(None, found), "")

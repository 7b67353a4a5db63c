"""Find the Python interpreters of this machine, and let uv install missing ones."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from packaging.specifiers import SpecifierSet

from evenfall.errors import EvenfallError, Exit
from evenfall.project.pyenv import ANY, pyenv_interpreter, search_path
from evenfall.project.python_names import is_cpython, limits_patches, with_patches
from evenfall.project.uv import uv

_PRINT_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


def find_interpreter(python: str, allowed: SpecifierSet = ANY) -> Path | None:
    """Return an interpreter with a name in Nox's form, such as `"3.12"` or `"3.13t"`, in an allowed release, or None without one.

    Raises `EvenfallError` (usage) if the project does not allow uv.
    """
    if found := pyenv_interpreter(python, os.environ, allowed):
        return found
    command = ("python", "find", "--system", "--no-project", "--no-python-downloads", _request(python, allowed))
    try:
        found = Path(uv(Path.cwd(), *command).strip())
    except EvenfallError as error:
        if error.exit_code is Exit.USAGE:
            raise
        return None
    return found if _is_allowed(found, python, allowed) else None


def install_interpreters(pythons: Iterable[str], allowed: SpecifierSet = ANY) -> dict[str, Path | None]:
    """Return the interpreter of each Python, or None. uv installs the missing ones, unless `UV_PYTHON_DOWNLOADS` forbids it.

    Raises `EvenfallError` as `find_interpreter` does.
    """
    found = _find_all(pythons, allowed)
    missing = [python for python, path in found.items() if path is None]
    if missing and os.environ.get("UV_PYTHON_DOWNLOADS") != "never":
        requests = [_request(python, allowed) for python in missing]
        try:
            _install(*requests)
        except EvenfallError:  # uv installs none if it knows no download for one
            for request in requests if len(requests) > 1 else ():
                with contextlib.suppress(EvenfallError):  # those that it could not install stay None
                    _install(request, UV_HTTP_RETRIES="0")  # without a network, the first call has tried again
        found |= _find_all(missing, allowed)
    return found


def _find_all(pythons: Iterable[str], allowed: SpecifierSet) -> dict[str, Path | None]:
    """Return the interpreter of each Python, or None. uv takes long to say that it finds none."""
    from concurrent.futures import ThreadPoolExecutor  # not needed when a noxfile is loaded

    names = tuple(pythons)
    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(partial(find_interpreter, allowed=allowed), names), strict=True))


def _install(*requests: str, **env: str) -> None:
    uv(Path.cwd(), "python", "install", "--quiet", *requests, env=env)


def missing_reason(python: str, allowed: SpecifierSet) -> str:
    """Return why a session can't run on a Python for which `install_interpreters` returns None."""
    return f"Python {with_patches(python, allowed)} is not installed and could not be downloaded"


def find_for_lock(pythons: Iterable[str], allowed: SpecifierSet) -> str:
    """Return an interpreter with which uv can lock or check a project: the one of this process, of pyenv, or of PATH; else an empty text.

    With `--python`, uv does not search for one itself, by `.python-version` for example, and takes that of an environment, too.
    """
    if f"3.{sys.version_info.minor}" in pythons and allowed.contains(platform.python_version(), prereleases=True):
        return sys.executable
    for python in pythons:
        if found := pyenv_interpreter(python, os.environ, allowed):
            return os.fspath(found)
        found_on_path = shutil.which(f"python{python}", path=search_path(os.environ))
        if found_on_path and _is_allowed(Path(found_on_path), python, allowed):
            return found_on_path
    return ""


def _request(python: str, allowed: SpecifierSet) -> str:
    """Return the request of uv for a Python; only for the default build of CPython, uv takes a specifier as well."""
    return f"=={python}.*,{allowed}" if limits_patches(allowed, python) and is_cpython(python) else python


def _is_allowed(path: Path, python: str, allowed: SpecifierSet) -> bool:
    if not limits_patches(allowed, python):
        return True
    version = full_version(path)
    return bool(version) and allowed.contains(version)


def full_version(path: Path) -> str:
    """Return the version of an interpreter with its patch release; empty if it does not run."""
    done = subprocess.run([path, "-I", "-S", "-c", _PRINT_VERSION], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""

"""Find the Python interpreters of this machine, and let uv install missing ones.

pyenv's interpreters are searched in its folder, because its shims exit with 127 unless the version is selected.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.project.uv import uv


def pyenv_interpreter(version: str, environ: Mapping[str, str]) -> Path | None:
    """Return pyenv's newest CPython of a minor version such as `"3.12"`. Return None for a missing version or another form."""
    if not re.fullmatch(r"3\.\d+", version):
        return None
    root = Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "~")).expanduser() / ".pyenv")
    patches = {
        int(match[1]): folder
        for folder in (root / "versions").glob(f"{version}.*")
        if (match := re.fullmatch(rf"{re.escape(version)}\.(\d+)", folder.name))
    }
    for _, folder in sorted(patches.items(), reverse=True):
        python = folder / ("python.exe" if os.name == "nt" else f"bin/python{version}")
        if python.exists():
            return python
    return None


def find_interpreter(version: str) -> Path | None:
    """Return an interpreter with a version in Nox's form, such as `"3.12"` or `"3.13t"`, or None if this machine has none."""
    if found := pyenv_interpreter(version, os.environ):
        return found
    try:
        return Path(
            uv(Path.cwd(), "python", "find", "--system", "--no-project", "--no-python-downloads", version).strip()
        )
    except EvenfallError:
        return None


def install_interpreters(versions: Iterable[str]) -> dict[str, Path | None]:
    """Return the interpreter of each version, or None. uv installs the missing ones together, unless `UV_PYTHON_DOWNLOADS` forbids it."""
    found = {version: find_interpreter(version) for version in versions}
    missing = [version for version, python in found.items() if python is None]
    if missing and os.environ.get("UV_PYTHON_DOWNLOADS") != "never":
        with contextlib.suppress(EvenfallError):  # those that it could not install stay None
            uv(Path.cwd(), "python", "install", "--quiet", *missing)
        found |= {version: find_interpreter(version) for version in missing}
    return found

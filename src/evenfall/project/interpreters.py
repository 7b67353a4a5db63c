"""Interpreters of this machine: pyenv's, which stand behind shims that answer 127 unless selected, and those that uv finds or brings."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.project.uv import uv


def behind_pyenv(version: str, environ: Mapping[str, str]) -> Path | None:
    """pyenv's newest CPython of a minor version like `"3.12"`, past its shims; `None` where it has none or another form is asked for."""
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
    """An interpreter of this machine, of a version as Nox writes it, like `"3.12"` or `"3.13t"`; `None` where there is none."""
    if found := behind_pyenv(version, os.environ):
        return found
    try:
        return Path(
            uv(Path.cwd(), "python", "find", "--system", "--no-project", "--no-python-downloads", version).strip()
        )
    except EvenfallError:
        return None


def bring_interpreters(versions: Iterable[str]) -> dict[str, Path | None]:
    """The interpreter of each version; uv is asked to bring those that are not there, all at once, unless it may not download."""
    found = {version: find_interpreter(version) for version in versions}
    missing = [version for version, python in found.items() if python is None]
    if missing and os.environ.get("UV_PYTHON_DOWNLOADS") != "never":
        with contextlib.suppress(EvenfallError):  # what it could not bring is missing still
            uv(Path.cwd(), "python", "install", "--quiet", *missing)
        found |= {version: find_interpreter(version) for version in missing}
    return found

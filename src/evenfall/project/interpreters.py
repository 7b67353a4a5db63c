"""Interpreters that a plain search of PATH misses: pyenv's, which stand behind shims that answer 127 unless selected."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path


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

"""The interpreters of pyenv. Its shims exit with 127 unless the version is selected, so they are searched in its own folder.

https://github.com/pyenv/pyenv
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from packaging.specifiers import SpecifierSet

from evenfall.project.python_names import minor_version

ANY = SpecifierSet()


def pyenv_interpreter(python: str, environ: Mapping[str, str], allowed: SpecifierSet = ANY) -> Path | None:
    """Return pyenv's newest CPython with a name such as `"3.12"` or `"3.13t"` in an allowed release, or None."""
    if not re.fullmatch(r"3\.\d+t?", python):
        return None
    version = minor_version(python)
    build = python.removeprefix(version)
    patches = {
        int(match[1]): folder
        for folder in (_root(environ) / "versions").glob(f"{version}.*")
        if (match := re.fullmatch(rf"{re.escape(version)}\.(\d+){build}", folder.name))
    }
    for patch, folder in sorted(patches.items(), reverse=True):
        path = folder / ("python.exe" if os.name == "nt" else f"bin/python{python}")
        if path.exists() and allowed.contains(f"{version}.{patch}"):
            return path
    return None


def search_path(environ: Mapping[str, str]) -> str:
    """Return PATH with the folders of pyenv's interpreters in place of its shims: the selected ones first, then the newest."""
    path = environ.get("PATH", os.defpath)
    root = _root(environ)
    folders = path.split(os.pathsep)
    shims = [folder for folder in folders if Path(folder) == root / "shims"]
    if not shims:
        return path
    versions = sorted(
        (folder for folder in (root / "versions").glob("*") if folder.is_dir()), key=_release, reverse=True
    )
    selected = _selected(root, environ)
    versions.sort(key=lambda folder: selected.index(folder.name) if folder.name in selected else len(selected))
    bins = [os.fspath(folder / "bin" if (folder / "bin").is_dir() else folder) for folder in versions]
    start = folders.index(shims[0])
    return os.pathsep.join([*folders[:start], *bins, *(folder for folder in folders[start:] if folder not in shims)])


def _root(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "~")).expanduser() / ".pyenv")


def _selected(root: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the names of the versions that the user selected."""
    if environ.get("PYENV_VERSION"):
        return environ["PYENV_VERSION"].split(":")
    file = root / "version"
    return file.read_text(encoding="utf-8", errors="replace").split() if file.is_file() else []


def _release(folder: Path) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", folder.name)))

"""The settings of uv that apply to a project, and the indexes that they name."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from evenfall.project.pyproject import NAME, Pyproject, read_pyproject
from evenfall.project.pyproject_tables import UvIndex
from evenfall.project.root import find_locked_root
from evenfall.project.toml import read_toml

PUBLIC_UPLOADS = {"https://upload.pypi.org/legacy", "https://test.pypi.org/legacy"}
"""The addresses to which uv uploads files for PyPI and TestPyPI, without a slash at the end."""


def uv_settings(root: Path) -> Pyproject:
    """Return the settings of uv in the project in `root`: of `uv.toml` in the workspace's root, or else of `pyproject.toml` there.

    https://docs.astral.sh/uv/concepts/configuration-files/

    Raises `EvenfallError` (usage) as `find_locked_root` does.
    """
    folder = find_locked_root(root)
    if (folder / "uv.toml").is_file():
        return Pyproject({"tool": {"uv": read_toml(folder / "uv.toml")}})
    return read_pyproject(folder / NAME)


def uv_indexes(root: Path) -> tuple[UvIndex, ...]:
    """Return the indexes of the project in `root`, with absolute paths instead of relative ones.

    Raises `EvenfallError` (usage) as `find_locked_root` does, and if an index is not valid.
    """
    folder = find_locked_root(root)
    return tuple(
        index if "://" in index.url else msgspec.structs.replace(index, url=os.fspath(folder / index.url))
        for index in uv_settings(root).uv_indexes
    )


def private_index(root: Path, name: str) -> UvIndex | None:
    """Return the index of that name to which uv publishes the project in `root`, or None if it is PyPI or TestPyPI, or if there is none.

    Raises `EvenfallError` (usage) as `uv_indexes` does.
    """
    found = next((index for index in uv_indexes(root) if index.name == name and index.publish_url), None)
    return None if found is None or found.publish_url.rstrip("/") in PUBLIC_UPLOADS else found

"""The version of a project: as `pyproject.toml` states it, or as the build computes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from packaging.version import InvalidVersion, Version

from evenfall.errors import EvenfallError
from evenfall.git.commits import find_commit
from evenfall.git.project_copy import copy_tracked_files
from evenfall.git.repository import find_top, path_from_top
from evenfall.git.tags import add_tag
from evenfall.package_index.page import version_of_file
from evenfall.project.pyproject import Pyproject
from evenfall.project.uv import uv

Source = Literal["pyproject", "tag", "build"]
"""Where a version is: in `pyproject.toml`, in a tag that the build reads, or in anything else that it reads."""


def version_source(pyproject: Pyproject) -> Source:
    """Return where the version of a project is."""
    if pyproject.version is not None:
        return "pyproject"
    return "tag" if pyproject.version_from_tag else "build"


def find_version(root: Path, pyproject: Pyproject, *, tag: str = "", progress: Callable[[str], object]) -> Version:
    """Return the version of the project in `root`.

    If the build computes it, an sdist is built of a copy with the whole history, because that is the fastest build that gives the version.
    A `tag` that does not exist yet is made in the copy, so the version is the one that the project has with it.

    Raises `EvenfallError`: the version is not valid (usage), or the build fails (unknown).
    """
    if pyproject.version is not None:
        return _parse(pyproject.version)
    progress("building the sdist of a copy, because the build computes the version")
    top = find_top(root)
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        copy = copy_tracked_files(top, Path(folder).resolve() / top.name)
        if tag and not find_commit(top, f"refs/tags/{tag}"):
            add_tag(copy, tag)
        dist = Path(folder, "dist")
        uv(copy / path_from_top(root), "build", "--sdist", "--no-sources", "--out-dir", str(dist), ".")
        versions = (version_of_file(file.name) for file in dist.iterdir())
        return next(version for version in versions if version)  # uv has checked the name


def _parse(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion as error:
        raise EvenfallError(
            f"pyproject.toml: project.version: {text!r} is not a version (PEP 440)", hint='write it like "1.2.0"'
        ) from error

"""The version of a project: as `pyproject.toml` states it, or as the build computes it."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from packaging.version import InvalidVersion, Version

from evenfall.errors import EvenfallError
from evenfall.git.commits import find_commit
from evenfall.git.tags import add_tag
from evenfall.package_index.page import version_of_file
from evenfall.project.pyproject import Pyproject
from evenfall.release.package_build import BuildOptions, start_build

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

    Raises `EvenfallError` (usage) if the version is not valid, and as `start_build` and `PackageBuild.sdist` do.
    """
    if pyproject.version is not None:
        return _parse(pyproject.version)
    progress("building the sdist of a copy, because the build computes the version")
    prepare = None if not tag or find_commit(root, f"refs/tags/{tag}") else functools.partial(add_tag, name=tag)
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        options = BuildOptions(uv=("--no-sources",), prepare=prepare)
        sdist = start_build(root, Path(folder).resolve(), options).sdist()
    version = version_of_file(sdist.name)
    assert version is not None, "uv has checked the name"
    return version


def _parse(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion as error:
        raise EvenfallError(
            f"pyproject.toml: project.version: {text!r} is not a version (PEP 440)", hint='write it like "1.2.0"'
        ) from error

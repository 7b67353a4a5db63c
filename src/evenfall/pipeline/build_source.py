"""The files that a session's packages are built from: those that git tracks, because CI has no others."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.project_copy import copy_tracked_files
from evenfall.git.repository import find_top, is_top, path_from_top
from evenfall.git.tracked import has_untracked_input
from evenfall.project import lockfile, pyproject
from evenfall.project.lockfile import Lockfile

OUTPUTS = (".nox/", "audit-report/", "coverage-data/", "coverage-report/", "dist/", "release-files/", "sbom/")
"""The folders that Nox and the sessions write."""

_NO_INPUTS = (".", *OUTPUTS)
"""How the untracked files begin that no build reads: also those with a dot, like `.venv/` and `.mypy_cache/`."""


@contextlib.contextmanager
def tracked_source(root: Path, lock: Lockfile, folder: Path, *, is_built: bool = False) -> Iterator[Path]:
    """Yield the project in `root`, or a copy of its tracked files in `folder` if it has others, such as an old `build/`.

    Outside a repository, and if nothing is left to build, it is always the project. Raises `EvenfallError` (usage) as
    `check_local_sources` does, and if git does not track the lock or a package of it.
    """
    if not any(is_top(folder) for folder in (root, *root.parents)):
        yield root
        return
    paths = local_paths(lock)
    check_local_sources(root, paths)
    if is_built:
        yield root
        return
    top = find_top(root)
    prefix = "" if top.samefile(root) else path_from_top(root)
    if not has_untracked_input(top, (*_NO_INPUTS, *(f"{prefix}{name}" for name in _NO_INPUTS))):
        yield root
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        copy = copy_tracked_files(top, folder / top.name) / prefix
        for path in (lockfile.NAME, *paths):
            if (root / path).exists() and not (copy / path).exists():
                raise EvenfallError(f"{path}: not tracked by git, so CI does not have it", hint=f"git add {path}")
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def local_paths(lock: Lockfile) -> dict[str, str]:
    """Return the folders and files that uv installs packages from, relative to the lock, and the packages' names."""
    sources = ((package.source, package.name) for package in lock.package)
    paths = ((source.folder or source.path or source.registry, name) for source, name in sources)
    return {path: name for path, name in paths if path and "://" not in path}


def check_local_sources(root: Path, paths: Mapping[str, str]) -> None:
    """Raise `EvenfallError` (usage) if one of the `paths`, from which uv installs packages, is outside of the repository.

    They are relative to `root`, with the packages' names.
    """
    outside = {path: name for path, name in paths.items() if not _is_inside(root / path, root)}
    top = find_top(root) if outside else root  # most projects have all packages in their own folder
    for path, name in outside.items():
        if not _is_inside(root / path, top):
            raise EvenfallError(
                f"{name}: uv takes it from {path}, outside of the repository, so CI does not have it",
                hint=f"move it into the repository, or take it from an index or from git in [tool.uv.sources] of {pyproject.NAME}",
            )


def _is_inside(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))

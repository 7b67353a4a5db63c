"""The folder of a project: the closest one with a `pyproject.toml`, the one whose `uv.lock` applies, or the one with a `[project]`."""

from __future__ import annotations

from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.input_file import has_entry
from evenfall.project import lockfile
from evenfall.project.pyproject import NAME, read_pyproject


def find_root(start: Path) -> Path:
    """Return the closest folder at or above `start` with a `pyproject.toml`. Raises `EvenfallError` (usage) if no folder has one."""
    for folder in (start, *start.parents):
        if has_entry(folder / NAME):
            return folder
    raise EvenfallError(f"{start}: no {NAME} in this folder or above", hint="cd to the project, or evenfall init")


def find_locked_root(start: Path) -> Path:
    """Return the folder whose `uv.lock` applies to `start`.

    For a member of a workspace, and for a folder whose `pyproject.toml` contains only settings, that is the closest folder above
    with a lock; else it is the closest folder with a `pyproject.toml`. Raises `EvenfallError` (usage) as `find_root` and
    `read_lockfile` do.
    """
    closest = find_root(start)
    if has_entry(closest / lockfile.NAME):
        return closest
    own = read_pyproject(closest / NAME)
    for folder in closest.parents:
        if (folder / NAME).is_file() and (folder / lockfile.NAME).is_file():
            if not (own.has_project or own.is_workspace):
                return folder
            lock = lockfile.read_lockfile(folder / lockfile.NAME)
            own_path = closest.relative_to(folder).as_posix()
            names = (package.name for package in lock.package if package.source.folder == own_path)
            return folder if {*lock.manifest.members} & {*names} else closest
    return closest


def find_project(start: Path, root: Path) -> Path:
    """Return the closest folder at or above `start`, but not above `root`, whose `pyproject.toml` has a `[project]`; else `root`."""
    files = (folder / NAME for folder in (start, *start.parents) if folder.is_relative_to(root))
    return next((file.parent for file in files if file.is_file() and read_pyproject(file).has_project), root)

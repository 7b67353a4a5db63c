"""The members of a workspace, as `uv.lock` names them.

uv alone decides which folders the globs of `[tool.uv.workspace]` mean, and writes its answer into the lock:
https://docs.astral.sh/uv/concepts/projects/workspaces/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lockfile import Lockfile
from evenfall.project.pyproject import NAME, Pyproject, read_pyproject


def member_folders(lock: Lockfile) -> dict[str, str]:
    """Return the folder of each member by its normalized name, the root's own package first.

    The folders are relative to the lock, with forward slashes. Raises `EvenfallError` (usage) for a folder outside of the root,
    which CI does not have.
    """
    members = {*map(canonicalize_name, lock.manifest.members)}
    folders = {
        canonicalize_name(package.name): folder
        for package in lock.package
        if (folder := package.source.folder) is not None
        and (canonicalize_name(package.name) in members if members else folder == ".")
    }
    for name, folder in folders.items():
        if folder.startswith(("/", "..")) or ":" in folder:
            raise EvenfallError(
                f"{lockfile.NAME}: the member {name} of the workspace is outside of the root, in {folder}",
                hint=f"move it below the root, or remove it from tool.uv.workspace.members in {NAME}",
            )
    return dict(sorted(folders.items(), key=lambda item: (item[1] != ".", item[1])))


def read_members(root: Path, lock: Lockfile, workspace: Pyproject) -> Iterator[tuple[Path, Pyproject]]:
    """Yield the folder and the `pyproject.toml` of each member. The settings of `[tool.evenfall]` are those of the workspace.

    Raises `EvenfallError` (usage) if a member is missing or not valid, or has settings of its own.
    """
    for name, folder in member_folders(lock).items():
        path = root / folder
        if not (path / NAME).is_file():
            raise EvenfallError(f"{folder}/{NAME}: not found, but uv.lock has the member {name}", hint="uv lock")
        try:
            yield path, _member(read_pyproject(path / NAME), workspace, is_root=folder == ".")
        except EvenfallError as error:
            where = "" if folder == "." else f"{folder}/"
            raise EvenfallError(f"{where}{error.message}", hint=error.hint, exit_code=error.exit_code) from error


def _member(pyproject: Pyproject, workspace: Pyproject, *, is_root: bool) -> Pyproject:
    if "evenfall" in pyproject.tools and not is_root:
        raise EvenfallError(
            f"{NAME}: [tool.evenfall] is in a member of a workspace, which has one pipeline for all members",
            hint=f"move it to the {NAME} of the workspace's root",
        )
    member = pyproject.with_settings_of(workspace)
    member.check()
    return member

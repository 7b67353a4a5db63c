"""The folder that `evenfall init` adopts: the root of the project that the current folder is in, or an empty folder."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.repository import find_repository, is_top
from evenfall.git.tracked import unignored_files
from evenfall.project.pyproject import NAME
from evenfall.text import and_more

_WORKSPACES = "https://docs.astral.sh/uv/concepts/projects/workspaces/"


def find_project_root(folder: Path) -> tuple[Path, bool]:
    """Return the root of the project that `folder` is in, and whether it is an empty folder, in which a project is to be started.

    The root is the top of a git repository, because GitHub reads workflows only there. Raises `EvenfallError` (usage) if the project is
    elsewhere, if there is none and the folder has files, or if the repository is bare.
    """
    top = _top(folder)
    is_empty = all(entry.name == ".git" for entry in folder.iterdir())
    if top is None:
        _check_outside_git(folder, is_empty=is_empty)
        return folder, True
    if is_empty and not folder.samefile(top):
        raise EvenfallError(
            f"{folder}: it is empty, and inside the git repository {top}",
            hint=f"cd {_path(top, folder)} && evenfall init, or git init to start a project of its own here",
        )
    if not is_empty and not (top / NAME).is_file():
        raise _no_project(top, folder)
    return top, is_empty


def _top(folder: Path) -> Path | None:
    """Return the top of the work tree that contains a folder, `None` if none does."""
    is_bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    return find_repository(folder).top if is_bare or any(map(is_top, (folder, *folder.parents))) else None


def _check_outside_git(folder: Path, *, is_empty: bool) -> None:
    """Raise `EvenfallError` (usage) unless a project can be started in a folder outside of git."""
    root = next((parent for parent in (folder, *folder.parents) if (parent / NAME).is_file()), None)
    if root:
        change = "" if root == folder else f"cd {_path(root, folder)} && "
        raise EvenfallError(
            f"{root}: the project is not in a git repository", hint=f"{change}git init, then evenfall init"
        )
    if not is_empty:
        raise _no_project(folder, folder)


def _no_project(top: Path, folder: Path) -> EvenfallError:
    """Return the error for a folder with files, and without a project at its top."""
    if (top / NAME).exists():
        return EvenfallError(
            f"{top / NAME}: it is not a file", hint="rename it, then uv init --package, and evenfall init"
        )
    projects = sorted(path for path in unignored_files(top) if path.endswith(f"/{NAME}"))
    if not projects:
        change = "" if top.samefile(folder) else f"cd {_path(top, folder)} && "
        return EvenfallError(
            f"{top}: no {NAME}, and the folder is not empty", hint=f"{change}uv init --package, then evenfall init"
        )
    return EvenfallError(
        f"{top}: no {NAME} at the top of the git repository, where GitHub reads workflows, but in {and_more(projects)}",
        hint=f"add a {NAME} there whose [tool.uv.workspace] members has {projects[0].removesuffix(f'/{NAME}')!r} "
        f"({_WORKSPACES}), then evenfall init",
    )


def _path(target: Path, folder: Path) -> str:
    return shlex.quote(os.path.relpath(target, folder))

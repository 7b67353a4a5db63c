"""Alternates: how a repository borrows the objects of other repositories (gitrepository-layout(5))."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

# https://git-scm.com/docs/repository-version
_FORMATS = {
    "sha1": "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
    "sha256": "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n",
}


def write_borrowing_repository(git_dir: Path, *, objects: Iterable[Path], object_format: str, head: str) -> None:
    """Write a bare repository that borrows all its objects, with a detached HEAD and no other reference."""
    (git_dir / "refs").mkdir(parents=True, exist_ok=True)
    write_alternates(git_dir, objects)
    (git_dir / "HEAD").write_text(f"{head}\n", encoding="ascii")
    (git_dir / "config").write_text(_FORMATS[object_format], encoding="ascii")


def write_alternates(git_dir: Path, objects: Iterable[Path]) -> None:
    """Make a repository borrow the objects in these folders."""
    file = git_dir / "objects/info/alternates"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(os.fsencode("".join(f"{quote(folder)}\n" for folder in objects)))


def alternates_variable(*objects: Path) -> dict[str, str]:
    """Return the variable with which one git command borrows from object folders."""
    return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(map(quote, objects))}


def quote(folder: Path) -> str:
    """Return a path as git reads it in a list of alternates: C-quoted if it contains a character that ends a path there."""
    text = os.fspath(folder)
    return c_quote(text) if any(character in text for character in '":\n\\') else text


def c_quote(text: str) -> str:
    """Return text in double quotes, as git reads it in a list of alternates and in a configuration file."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

"""Compare the source tree with the files that git tracks, and compute a digest of its code."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.tracked import tracked_files, untracked_files
from evenfall.sessions.installed_project import InstalledProject


def check_tracked(root: Path, installed: InstalledProject) -> None:
    """Raise `EvenfallError` (usage) if an installed file comes from a source file that git neither tracks nor ignores."""
    untracked = {*untracked_files(root)}
    if paths := [path for path in installed.source_files(root).values() if path in untracked]:
        raise EvenfallError(
            f"{', '.join(paths)}: installed here, but not tracked by git, so CI does not have it",
            hint=f"git add {' '.join(paths)}",
        )


def code_digest(root: Path) -> str:
    """Return a digest of every tracked Python file as it is now. Line endings and symbolic links give the same digest on every system."""
    digest = hashlib.sha256()
    for name in sorted(name for name in tracked_files(root) if name.endswith(".py")):
        content = hashlib.sha256(_content(root / name).replace(b"\r\n", b"\n"))
        digest.update(os.fsencode(name) + b"\0" + content.digest())
    return digest.hexdigest()[:16]


def _content(file: Path) -> bytes:
    """Return the target of a link as its content, because a system without links stores the target in a plain file."""
    return os.fsencode(file.readlink().as_posix()) if file.is_symlink() else file.read_bytes()

"""The source tree against what git tracks of it: what of it a runner would not have, and a digest of its code."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.project.git import git, tracked_files
from evenfall.sessions.installed_project import Shipped


def check_tracked(root: Path, shipped: Shipped) -> None:
    """Raises `EvenfallError` (usage) where an installed file comes from one that git neither tracks nor ignores: no runner has it."""
    unknown = {path for path in git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0") if path}
    if found := [place for place in shipped.files_in_tree(root).values() if place in unknown]:
        raise EvenfallError(
            f"{', '.join(found)}: installed here, but not tracked by git, so not in CI",
            hint=f"git add {' '.join(found)}",
        )


def code_digest(root: Path) -> str:
    """Of every Python file that git tracks, as it is now: the same on every system, whatever line ends and links it writes."""
    digest = hashlib.sha256()
    for name in sorted(name for name in tracked_files(root) if name.endswith(".py")):
        content = hashlib.sha256(_content(root / name).replace(b"\r\n", b"\n"))
        digest.update(os.fsencode(name) + b"\0" + content.digest())
    return digest.hexdigest()[:16]


def _content(file: Path) -> bytes:
    """Of a link, where it points to: that is what a system without links has in the file."""
    return os.fsencode(file.readlink().as_posix()) if file.is_symlink() else file.read_bytes()

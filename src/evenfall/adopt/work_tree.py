"""The user's work tree during an adoption: which of its files the plan is made from, and which of them still have to be committed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from evenfall.errors import EvenfallError
from evenfall.generate.releasing import RELEASING
from evenfall.git.repository import is_top
from evenfall.git.tracked import tracked_files, uncommitted_files, unignored_files, untracked_files
from evenfall.pipeline.marker import is_generated, read_text
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project import coverage_target, lockfile
from evenfall.project.precommit_config import HOOKS, PREK
from evenfall.project.pyproject import NAME

FILES = (
    NAME,
    lockfile.NAME,
    NOXFILE,
    SCRIPT_LOCK,
    coverage_target.NAME,
    HOOKS,
    PREK,
    ".gitignore",
    ".gitattributes",
    RELEASING,
)
"""The files that an adoption writes or needs, without the generated ones."""
_GENERATED = (".github/", "docs/")
"""The folders with generated files."""


def copied_files(root: Path, source: str = "") -> tuple[str, ...]:
    """Return the files of a work tree from which the plan is made; `source` is the value of `--source`, which may be among them.

    These are the tracked files, and the untracked ones that an adoption may write. Others are the user's, and CI does not have them. If
    `pyproject.toml` is untracked, nothing of the project is committed yet, and these are all files that git does not ignore.
    """
    tracked = tracked_files(root) if is_top(root) else ()
    if NAME not in tracked:
        return unignored_files(root)
    own = os.path.relpath(source, root).replace(os.sep, "/") if source else ""
    others = (
        path
        for path in untracked_files(root)
        if path in (*FILES, own) or path.startswith(_GENERATED) or (own and path.startswith(f"{own}/"))
    )
    return (*tracked, *others)


def check_no_links(root: Path) -> None:
    """Raise `EvenfallError` (usage) if a file that an adoption may write is a symbolic link, which would be replaced."""
    for path in FILES:
        if (root / path).is_symlink():
            raise EvenfallError(
                f"{path}: it is a symbolic link, and init would replace it",
                hint="put a copy of the file in its place, then evenfall init",
            )


def dirty_files(root: Path, changed: Iterable[str]) -> tuple[str, ...]:
    """Return those of the files to change that have changes of the user that are not committed."""
    uncommitted = uncommitted_files(root) if is_top(root) else ()
    return tuple(path for path in changed if path in uncommitted)


def files_to_add(root: Path, changed: Iterable[str]) -> tuple[str, ...]:
    """Return the files to give to `git add` after an adoption that changed these, with others that it needs and that differ from HEAD."""
    if not is_top(root):
        return ()
    source = re.findall(r"file:///\$\{PROJECT_ROOT\}/([^\s\"']+)", read_text(root / NOXFILE))
    candidates = (*changed, *FILES, *map(unquote, source))
    pending = {*uncommitted_files(root), *untracked_files(root)}
    generated = (path for path in pending if path.startswith(_GENERATED) and is_generated(read_text(root / path)))
    return tuple(sorted(pending & {*candidates, *generated}))

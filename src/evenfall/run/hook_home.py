"""The folder in which the jobs of a project install the hooks of pre-commit and prek: a new one each day, to which only jobs write.

A hook that the user has installed may have what a new installation lacks. A runner installs all hooks in each job; because that
takes long, one installation serves all runs of a day. It is not older, because most requirements of hooks are not pinned.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from evenfall.project.user_cache import user_cache
from evenfall.run.cache_folder import kept_in, use_folder
from evenfall.run.sandbox_removal import SandboxRemover


def hooks_folder() -> Path:
    """Return the folder of the kept hooks of all projects. Raises `EvenfallError` (unknown) as `user_cache` does."""
    return user_cache() / "hooks"


@contextlib.contextmanager
def hook_home(root: Path, warnings: list[str]) -> Iterator[Path]:
    """Yield today's folder for the project in `root`. At the end, the folders of other days are removed, unless another run is active.

    Raises `OSError` if it can't be made.
    """
    folder = hooks_folder()
    day = str(int(time.time()) // (24 * 3600))
    home = folder / day / hashlib.sha256(os.fsencode(root)).hexdigest()[:8]

    def remove_other_days() -> None:
        with SandboxRemover(folder, warnings) as remover:
            remover.add(*(path for path in kept_in(folder) if path.name != day))

    with use_folder(folder, remove_other_days):
        home.mkdir(parents=True, exist_ok=True)
        yield home

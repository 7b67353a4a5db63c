"""Checkouts that a run leaves in the user's cache for later runs of the same project, which write only the files that differ.

Writing all files of a large repository takes seconds on ext4 soon after the files of another checkout were removed.
"""

from __future__ import annotations

import contextlib
import os
import time
from functools import partial
from pathlib import Path

from evenfall.project.user_cache import user_cache
from evenfall.run.cache_folder import STATE, kept_in, remove_oldest, use_folder
from evenfall.run.environment_copy import entries_below
from evenfall.run.sandbox_removal import remove


def checkouts_folder() -> Path:
    """Return the folder of the kept checkouts of all projects. Raises `EvenfallError` (unknown) as `user_cache` does."""
    return user_cache() / "checkouts"


class KeptCheckouts:
    """The kept checkouts of one project, in `folder`. Each has the folder `files`, without a repository, and the file `index` of git.

    While this is open, no other run removes one. A run moves one out of the folder and back, so no other run can use it meanwhile.
    """

    def __init__(self, folder: Path, project: str, *, fewest_files: int = 500) -> None:
        """`project`: a name that no other project has. `fewest_files`: a checkout with fewer is not kept, as a new one takes less time.

        Raises `OSError` if the folder can't be made.
        """
        self._folder = folder
        self._project = project
        self._fewest_files = fewest_files
        self._use = contextlib.ExitStack()
        self._use.enter_context(use_folder(folder, partial(remove_oldest, folder)))

    def take(self, new: Path) -> bool:
        """Move the checkout that was used last to the path `new`; return whether there was one, and whole: its removal can be killed."""
        own = [path for path in kept_in(self._folder) if path.name.startswith(f"{self._project}-")]
        for path in sorted(own, reverse=True):  # their names end with the time
            with contextlib.suppress(OSError):  # another run has taken it
                path.rename(new)
                return (new / "files").is_dir() and (new / "index").is_file()
        return False

    def keep(self, checkout: Path) -> None:
        """Keep a checkout, which no job can have changed. If that fails, it stays, at least in part, and is removed with its sandbox."""
        new = checkout.with_name(f"{checkout.name}-kept")
        with contextlib.suppress(OSError):
            sizes = [entry.stat(follow_symlinks=False).st_size for entry in entries_below(os.fspath(checkout))]
            # Git does not remove other files from the folder of a submodule.
            if len(sizes) < self._fewest_files or (checkout / ".gitmodules").exists():
                return
            new.mkdir()
            (checkout / ".git/index").rename(new / "index")
            remove(checkout / ".git")
            checkout.rename(new / "files")
            (new / STATE).write_text(str(sum(sizes)), encoding="ascii")
            new.rename(self._folder / f"{self._project}-{time.time_ns()}")

    def close(self) -> None:
        """Remove checkouts that are old or too many, unless another run is active."""
        self._use.close()


def order_times(checkout: Path) -> bool:
    """Make no file newer than now or than one with a later path, as in a new checkout; return whether a time changed.

    Git writes files in the order of their paths, and programs like make compare their times.
    """
    git_dir = os.path.join(checkout, ".git", "")
    entries = (entry for entry in entries_below(os.fspath(checkout)) if not entry.is_dir(follow_symlinks=False))
    files = sorted((entry.path for entry in entries if not entry.path.startswith(git_dir)), key=os.fsencode)
    latest, is_changed = time.time_ns(), False
    for path in reversed(files):
        status = os.lstat(path)
        if status.st_mtime_ns <= latest:
            latest = status.st_mtime_ns
        else:
            os.utime(path, ns=(status.st_atime_ns, latest), follow_symlinks=False)
            is_changed = True
    return is_changed

"""Checkouts that a job left as it found them, for later jobs of the same run.

Jobs without a file system of their own can't share a checkout. In a repository with many files, a new checkout for each job, and its
removal, take much longer than a look at each file after a job.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Container, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evenfall.run.kept_checkouts import KeptCheckouts
    from evenfall.run.sandbox import Sandbox

    State = dict[str, tuple[int | str, ...]]
    """Facts about a folder and each file and folder below it, by their paths in it."""


class SpareCheckouts:
    """The checkouts of one run that no job uses. No job can have changed a file of one, its repository included."""

    def __init__(self, kept: KeptCheckouts | None = None, *, too_coarse: int = 1_000_000_000) -> None:
        """`kept`: the checkouts of other runs.

        `too_coarse`: nanoseconds. If all times of a file system are multiples of it, they do not show a change soon after another.
        """
        self.kept = kept
        self._too_coarse = too_coarse
        self._lock = threading.Lock()
        self._states: dict[Path, State] = {}
        self._spare: defaultdict[str, list[tuple[Path, State]]] = defaultdict(list)

    def take(self, sandbox: Sandbox) -> bool:
        """Move a spare checkout into a sandbox; return whether there was one."""
        with self._lock:
            if not self._spare[sandbox.commit]:
                return False
            spare, state = self._spare[sandbox.commit].pop()
        spare.rename(sandbox.checkout)
        self._states[sandbox.checkout] = state
        return True

    def record(self, sandbox: Sandbox) -> None:
        """Record the state of a new checkout, before its job runs.

        Elsewhere than on Linux, the supervisor may not find each process that a job left, which could change the checkout later.
        """
        with contextlib.suppress(OSError):
            if sys.platform == "linux" and (sandbox.checkout / ".git/index").stat().st_ctime_ns % self._too_coarse:
                self._states[sandbox.checkout], _ = _state(os.fspath(sandbox.checkout))

    def add(self, sandbox: Sandbox) -> bool:
        """Keep the checkout of a sandbox whose job has ended, if the job left all files as they were; return whether it did.

        New files are moved out of it. The kernel sets the time of a file's last change (ctime); a job can't.
        """
        state = self._states.pop(sandbox.checkout, None)
        if state is None:
            return False
        new_files, spare = sandbox.folder / "new", sandbox.folder.with_name(f"{sandbox.folder.name}-checkout")
        try:
            found, new = _state(os.fspath(sandbox.checkout), known=state)
            if found != state:
                return False
            new_files.mkdir()
            for number, path in enumerate(new):  # they are removed with the sandbox
                Path(path).rename(new_files / str(number))
            sandbox.checkout.rename(spare)
        except OSError:  # such as a new folder without permissions
            return False
        with self._lock:
            self._spare[sandbox.commit].append((spare, state))
        return True

    def keep(self, sandboxes: Iterable[Sandbox] = ()) -> None:
        """Keep all spare checkouts for later runs, and those of `sandboxes`, which no job can have changed."""
        if self.kept:
            spares = (spare for same_commit in self._spare.values() for spare, _ in same_commit)
            for checkout in (*spares, *(sandbox.checkout for sandbox in sandboxes)):
                self.kept.keep(checkout)


def _state(folder: str, known: Container[str] | None = None) -> tuple[State, list[str]]:
    """Return the state of a folder, without new paths, and these paths: all that are not `known`, if that is given."""
    state: State = {"": _folder_facts(folder)}
    new, waiting = [], [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                name = entry.path.removeprefix(folder)
                if known is not None and name not in known:
                    new.append(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    state[name] = _folder_facts(entry.path)
                    waiting.append(entry.path)
                else:
                    status = entry.stat(follow_symlinks=False)
                    times = (status.st_mtime_ns, status.st_ctime_ns)
                    state[name] = (status.st_ino, status.st_mode, status.st_size, *times)
    return state, new


def _folder_facts(path: str) -> tuple[int | str, ...]:
    """Return the facts about a folder that new files in it do not change, as they change its times."""
    status = os.lstat(path)
    return (status.st_mode, status.st_uid, status.st_gid, *os.listxattr(path))

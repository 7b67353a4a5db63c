"""The state of a folder before and after a job. It shows each change of a file, because only the kernel sets its ctime."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Container
from pathlib import Path

State = dict[str, tuple[int | str, ...]]
"""Facts about a folder and each file and folder below it, by their paths in it. Those of a file begin with its mode, size and mtime."""


def reliable_state(folder: Path, *, coarse_granularity: int = 1_000_000_000) -> State | None:
    """Return the state of a folder before a job gets it, or None if the state after the job would not show each change.

    Times that are all multiples of `coarse_granularity`, in nanoseconds, do not show a change that soon follows another. On other
    systems than Linux, the supervisor may not find each process that a job left, which could change the folder later.
    """
    with contextlib.suppress(OSError):
        state = folder_state(folder) if sys.platform == "linux" else {}
        if any(int(facts[-1]) % coarse_granularity for facts in state.values() if not _is_folder(facts)):
            return state
    return None


def folder_state(folder: Path) -> State:
    """Return the state of a folder. Raises `OSError` if a part of it can't be read."""
    return _state(os.fspath(folder))[0]


def restore(folder: Path, state: State, new_files: Path) -> bool:
    """Move all files and folders that are not in `state` to the new folder `new_files`, and return True; return False if others differ.

    Raises `OSError` if that fails, such as for a new folder without permissions.
    """
    found, new = _state(os.fspath(folder), known=state)
    if found != state:
        return False
    new_files.mkdir()
    for number, path in enumerate(new):
        Path(path).rename(new_files / str(number))
    return True


def total_size(state: State) -> int:
    """Return the size of all files in bytes."""
    return sum(int(facts[1]) for facts in state.values() if not _is_folder(facts))


def _is_folder(facts: tuple[int | str, ...]) -> bool:
    return stat.S_ISDIR(int(facts[0]))


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
                    first = (status.st_mode, status.st_size, status.st_mtime_ns)
                    state[name] = (*first, status.st_ino, status.st_ctime_ns)
    return state, new


def _folder_facts(path: str) -> tuple[int | str, ...]:
    """Return the facts about a folder that new files in it do not change, as they change its times."""
    status = os.lstat(path)
    return (status.st_mode, status.st_uid, status.st_gid, *os.listxattr(path))

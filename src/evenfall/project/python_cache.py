"""Remember the chosen Pythons of a project while its files are unchanged, because a noxfile is loaded at every call of Nox."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from evenfall.atomic_write import write_atomically
from evenfall.errors import EvenfallError
from evenfall.project.user_cache import user_cache

_FILE = "session-pythons.json"
_PROJECTS = 50
"""The number of projects whose Pythons are kept."""


class _Known(msgspec.Struct):
    state: str
    pythons: dict[str, str]


class PythonCache:
    """The chosen Pythons of the project in a folder, by a key for each session, in the user's cache folder.

    They are valid for one state of the files, of which the sizes and times are compared, and for the same `versions` of the programs
    that chose them. Without a cache folder nothing is remembered.
    """

    def __init__(self, root: Path, files: Iterable[str], versions: Sequence[str] = ()) -> None:
        """Compare the state of `files`, which are relative to `root` and need not exist."""
        self._root = os.path.realpath(root)
        self._state = _state(self._root, files, versions)
        self._path: Path | None = None
        self._known: dict[str, _Known] = {}
        with contextlib.suppress(EvenfallError, OSError, msgspec.DecodeError):
            self._path = user_cache() / _FILE
            self._known = msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Known])

    def get(self, key: str) -> str | None:
        """Return the Python for a key, or None if it is not known for this state of the files."""
        known = self._known.get(self._root)
        return known.pythons.get(key) if known is not None and known.state == self._state else None

    def put(self, key: str, python: str) -> None:
        """Remember the Python for a key. Other states of the project, and the projects that were added first, are forgotten."""
        known = self._known.pop(self._root, None)
        pythons = known.pythons if known is not None and known.state == self._state else {}
        kept = [*self._known.items()][1 - _PROJECTS :]
        self._known = {**dict(kept), self._root: _Known(self._state, {**pythons, key: python})}
        if self._path is not None:
            with contextlib.suppress(OSError):
                write_atomically(self._path, msgspec.json.encode(self._known))


def _state(root: str, files: Iterable[str], versions: Sequence[str]) -> str:
    states: list[tuple[str, int, int]] = []
    for file in files:
        try:
            found = os.stat(f"{root}/{file}")  # noqa: PTH116 - a Path for each of many files is slow
        except OSError:
            states.append((file, -1, 0))
        else:
            states.append((file, found.st_size, found.st_mtime_ns))
    return hashlib.sha256(json.dumps([versions, states]).encode("utf-8", "surrogateescape")).hexdigest()

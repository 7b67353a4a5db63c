"""Which paths a job may use: all that is not hidden, and what it must have of the hidden. An allow-list, for Landlock takes no other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Rule = tuple[str, bool]
"""A path, and whether a job may write there; both hold for all that lies below."""


def rules(*, hidden: Iterable[Path], readable: Iterable[Path], writable: Iterable[Path]) -> tuple[Rule, ...]:
    """All of the file system but what is `hidden`; below that, what is `readable` or `writable`.

    A folder above a hidden one can't be allowed as a whole, so of it only what is in it now is.
    """
    closed = {os.path.realpath(path) for path in hidden}
    found = [*_around(os.sep, closed)]
    found += [(os.path.realpath(path), False) for path in readable]
    found += [(os.path.realpath(path), True) for path in writable]
    return tuple(found)


def _around(folder: str, closed: set[str]) -> Iterator[Rule]:
    """Everything below `folder` that is neither closed nor above something that is; nothing, where its names are kept secret."""
    with contextlib.suppress(PermissionError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.path in closed or entry.is_symlink():
                continue
            if any(path.startswith(f"{entry.path}{os.sep}") for path in closed):
                yield from _around(entry.path, closed)
            else:
                yield entry.path, True


def home_of(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The user's home, where it is a folder of its own: some containers say `/`."""
    home = Path(environ.get("HOME") or os.sep)
    return (home,) if home.is_dir() and home.resolve() != Path(os.sep) else ()

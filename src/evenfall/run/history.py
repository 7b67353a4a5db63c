"""What is remembered of past runs, in the user's cache: how long each job lasted, and what it printed. Losing it loses no result."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec

from evenfall.atomic_write import replacement
from evenfall.errors import EvenfallError
from evenfall.git.repository import Repository
from evenfall.project.user_cache import user_cache
from evenfall.text import did_you_mean

DURATIONS = "durations.json"
LONGEST = 200
"""Bytes of a job's name in the name of a file."""


class Record:
    """One project's: `folder` is made when something is first written to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble = ""

    def log(self, job: str) -> Path:
        """Where what a job printed lies, under its name."""
        name = quote(os.fsencode(job), safe="")
        if len(name) > LONGEST:
            name = f"{name[:LONGEST]}-{hashlib.sha256(os.fsencode(job)).hexdigest()[:8]}"
        return self.folder / "logs" / f"{name}.log"

    def read_log(self, job: str) -> Path:
        """The log of a job's last run; its system may be left out where one is there. Raises `EvenfallError` (usage): it has none."""
        if (exact := self.log(job)).is_file():
            return exact
        logged = sorted(unquote(path.stem) for path in exact.parent.glob("*.log"))
        on_systems = [name for name in logged if name.rpartition(" @ ")[0] == job]
        if len(on_systems) == 1:
            return self.log(on_systems[0])
        there = did_you_mean(job, on_systems or logged) if logged else ""
        raise EvenfallError(f"{job!r}: no job of that name has run here yet{there}", hint="evenfall run")

    @property
    def seconds(self) -> Mapping[str, float]:
        """What each job lasted; a file that can't be read says nothing."""
        try:
            return msgspec.json.decode((self.folder / DURATIONS).read_bytes(), type=dict[str, float])
        except (OSError, msgspec.MsgspecError):
            return {}

    def remember(self, seconds: Mapping[str, float]) -> None:
        """Add what jobs lasted."""
        self._write(self.folder / DURATIONS, msgspec.json.encode({**self.seconds, **seconds}))

    def keep_log(self, job: str, printed: Path) -> None:
        """Keep what a job printed."""
        self._write(self.log(job), printed.read_bytes() if printed.is_file() else b"")

    def _write(self, path: Path, content: bytes) -> None:
        """Whole or not at all, for another run may write it too; where it can't be written, the first reason is kept for the end."""
        try:
            with replacement(path) as part:
                part.touch(mode=0o600)  # a log may hold what only this user may read
                part.write_bytes(content)
        except OSError as error:
            self.trouble = self.trouble or f"{path.parent}: not written: {error.strerror}"


def record_of(repository: Repository) -> Record:
    """The record of a project: kept apart by where its repository lies."""
    digest = hashlib.sha256(os.fsencode(repository.top)).hexdigest()[:12]
    return Record(user_cache() / "projects" / f"{repository.name}-{digest}")

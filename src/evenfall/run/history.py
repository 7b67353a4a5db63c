"""The history of a project's runs in the user's cache: the duration and the last log of each job. Losing it changes no result."""

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
LONGEST_NAME = 200
"""Bytes of a job's name in a file name."""


class History:
    """The history of one project, in a folder that is made when something is first written to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warnings: tuple[str, ...] = ()

    def log_path(self, job: str) -> Path:
        """Return the path of a job's log."""
        name = quote(os.fsencode(job), safe="")
        if len(name) > LONGEST_NAME:
            name = f"{name[:LONGEST_NAME]}-{hashlib.sha256(os.fsencode(job)).hexdigest()[:8]}"
        return self.folder / "logs" / f"{name}.log"

    def find_log(self, job: str) -> Path:
        """Return the log of a job's last run. The system may be omitted if the job ran on one system only.

        Raises `EvenfallError` (usage) if the job has no log.
        """
        if (exact := self.log_path(job)).is_file():
            return exact
        logged = sorted(unquote(path.stem) for path in exact.parent.glob("*.log"))
        on_systems = [name for name in logged if name.rpartition(" @ ")[0] == job]
        if len(on_systems) == 1:
            return self.log_path(on_systems[0])
        suggestion = did_you_mean(job, on_systems or logged) if logged else ""
        raise EvenfallError(f"{job!r}: no job of that name has run here yet{suggestion}", hint="evenfall run")

    @property
    def seconds(self) -> Mapping[str, float]:
        """The last duration of each job; empty if it can't be read."""
        try:
            return msgspec.json.decode((self.folder / DURATIONS).read_bytes(), type=dict[str, float])
        except (OSError, msgspec.MsgspecError):
            return {}

    def remember(self, seconds: Mapping[str, float]) -> None:
        """Add the durations of jobs."""
        self._write(self.folder / DURATIONS, msgspec.json.encode({**self.seconds, **seconds}))

    def keep_log(self, job: str, log: Path) -> None:
        """Copy the log of a job."""
        self._write(self.log_path(job), log.read_bytes() if log.is_file() else b"")

    def _write(self, path: Path, content: bytes) -> None:
        """Write atomically, because another run may write the same file. The first failure becomes a warning."""
        try:
            with replacement(path) as part:
                part.touch(mode=0o600)  # a log may contain text that only this user may read
                part.write_bytes(content)
        except OSError as error:
            self.warnings = self.warnings or (f"{path.parent}: can't be written: {error.strerror}",)


def history_of(repository: Repository) -> History:
    """Return the history of a project. Clones of one project in several folders have separate histories."""
    return History(user_cache() / "projects" / project_name(repository))


def project_name(repository: Repository) -> str:
    """Return a name that no other clone on this machine has."""
    digest = hashlib.sha256(os.fsencode(repository.top)).hexdigest()[:12]
    return f"{repository.name}-{digest}"

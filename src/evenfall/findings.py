"""What a check yields: one thing that is wrong, where, why, and the next command to run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How bad a finding is; an error fails the run, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where: a path relative to the repository, with the line (from 1) or the key inside it where they are known."""

    path: str
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return f"{self.path}{line}" + (f": {self.key}" if self.key else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. `fix` is the next command to run, or what to change where no command does it."""

    code: str
    severity: Severity = Severity.ERROR
    location: Location
    reason: str
    fix: str = ""

    def __str__(self) -> str:
        fix = f"\n  next: {self.fix}" if self.fix else ""
        line = f"{self.location}: {self.severity.value} [{self.code}] {self.reason}"
        # The name of a file may hold a line end, and what follows it would pass for a line of ours.
        return line.replace("\n", "\\n") + fix

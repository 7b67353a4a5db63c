"""A finding: one problem in the user's project, with its location, its reason and the next command to run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from evenfall.errors import Exit


class Severity(Enum):
    """The severity of a finding. Only an error makes a check fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A path relative to the repository, with the line (from 1) or the key in that file if they are known."""

    path: str
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return f"{self.path}{line}" + (f": {self.key}" if self.key else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem. `fix` is the next command to run, or the change to make if no command makes it."""

    code: str
    severity: Severity = Severity.ERROR
    location: Location
    reason: str
    fix: str = ""

    def __str__(self) -> str:
        fix = f"\n  next: {self.fix}" if self.fix else ""
        line = f"{self.location}: {self.severity.value} [{self.code}] {self.reason}"
        # A file name may contain a line end, and the text after it must not look like a line of Evenfall's own.
        return line.replace("\n", "\\n") + fix


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether a finding makes the check fail; a warning and a note do not."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def exit_code_for(findings: Iterable[Finding], *, unknown: object = None) -> Exit:
    """Return the exit code of a command: an error outweighs what could not be found out, which is `unknown` if it is true."""
    if has_errors(findings):
        return Exit.FINDINGS
    return Exit.UNKNOWN if unknown else Exit.FINE

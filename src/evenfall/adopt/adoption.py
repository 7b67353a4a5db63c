"""One adoption on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from evenfall.adopt.plan import Kept
from evenfall.git.tracked import stage
from evenfall.project.project import Project, read_project


@dataclass(kw_only=True)
class Adoption:
    """One adoption on its way: the user's folder, the scratch copy, the noxfile's header, and what is to be said at the end."""

    root: Path
    scratch: Path
    header: str
    kept: list[Kept] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: str = ""

    def write(self, path: str, text: str) -> None:
        """Write a file of the scratch copy and let git know it, as it would be after the next commit."""
        file = self.scratch / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        stage(self.scratch, path)

    def append(self, path: str, text: str) -> None:
        """Add lines at the end of a file."""
        file = self.scratch / path
        before = file.read_text(encoding="utf-8") if file.is_file() else ""
        gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        self.write(path, before + (gap if path.endswith(".toml") else gap[1:]) + text)

    @property
    def project(self) -> Project:
        """The project as it is in the scratch copy by now."""
        return read_project(self.scratch)

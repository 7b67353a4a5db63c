"""The plan of an adoption, and the state that its stages share while they make it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evenfall.generate.files import diff
from evenfall.generate.hand_written import read_text
from evenfall.git.tracked import stage, unignored_files
from evenfall.project.project import Project, read_project
from evenfall.project.pyproject import NAME
from evenfall.project.toml import append_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file to write: its path relative to the root, its text now (`None` if there is no such file), and its new text."""

    path: str
    old: str | None
    new: str

    @property
    def preview(self) -> str:
        """The change as a unified diff; for a lockfile, only the numbers of lines, because a diff of it is too long to read."""
        if self.path.endswith(".lock"):
            old, new = (len(text.splitlines()) for text in (self.old or "", self.new))
            return f"{self.path}: {old} lines -> {new} lines, written by uv lock\n"
        return diff(self.path, self.old or "", self.new) or f"{self.path}: an empty file\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of the project that stays as it is, and how it differs from the sessions of the noxfile."""

    path: str
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionPlan:
    """The changes that `evenfall init` makes, and its messages.

    `hook` is the git hook, whose path may lead out of the work tree. `missing` are lines that the user must add to an existing
    noxfile before the adoption is complete.
    """

    changes: tuple[FileChange, ...] = ()
    hook: FileChange | None = None
    kept: tuple[KeptFile, ...] = ()
    notes: tuple[str, ...] = ()
    missing: str = ""

    @property
    def all_changes(self) -> tuple[FileChange, ...]:
        """The changes and the hook."""
        return (*self.changes, self.hook) if self.hook else self.changes


@dataclass(kw_only=True)
class Adoption:
    """The project's folder, its scratch copy, the noxfile's script header, and the messages of the stages so far.

    `source` is the value of `--source`, and with `release` the noxfile gets the sessions of a release.
    """

    root: Path
    scratch: Path
    header: str
    source: str = ""
    release: bool = False
    kept: list[KeptFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: str = ""

    def write(self, path: str, text: str) -> None:
        """Write a file of the scratch copy and add it to the index, as if the user had committed it."""
        file = self.scratch / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        stage(self.scratch, path)

    def append_tables(self, tables: Mapping[str, Any]) -> None:
        """Add tables to the end of `pyproject.toml`."""
        text = (self.scratch / NAME).read_text(encoding="utf-8")
        self.write(NAME, append_tables(text, tables, name=NAME, hint=f"correct {NAME}, and run evenfall init again"))

    def append(self, path: str, text: str) -> None:
        """Add lines to the end of a file, after an empty line in a TOML file."""
        file = self.scratch / path
        old = file.read_text(encoding="utf-8") if file.is_file() else ""
        gap = "" if not old else "\n" if old.endswith("\n") else "\n\n"
        self.write(path, old + (gap if path.endswith(".toml") else gap[1:]) + text)

    @property
    def project(self) -> Project:
        """The project in the scratch copy, read each time because the stages change it."""
        return read_project(self.scratch)

    def plan(self, hook: FileChange | None) -> AdoptionPlan:
        """Return the plan: the files in which the scratch copy differs from the project, and the messages."""
        texts = (
            (
                name,
                read_text(self.root / name) if (self.root / name).is_file() else None,
                read_text(self.scratch / name),
            )
            for name in sorted(unignored_files(self.scratch))
        )
        return AdoptionPlan(
            changes=tuple(FileChange(path=name, old=old, new=new) for name, old, new in texts if old != new),
            hook=hook,
            kept=tuple(self.kept),
            notes=tuple(self.notes),
            missing=self.missing,
        )

"""The plan of an adoption, and the state that its stages share while they make it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evenfall.adopt.job_counts import NO_JOBS, JobCounts
from evenfall.adopt.losses import FileLosses
from evenfall.adopt.pipeline_checks import PipelineChecks
from evenfall.adopt.work_tree import dirty_files
from evenfall.generate.files import diff
from evenfall.git.tracked import stage, unstaged_files
from evenfall.pipeline.marker import is_generated
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project import lockfile
from evenfall.project.project import Project, read_project
from evenfall.project.pyproject import NAME
from evenfall.project.toml_merge import merge_tables
from evenfall.project.uv import uv


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file to write: its path relative to the root, its text now and its new text, each `None` if there is no such file."""

    path: str
    old: str | None
    new: str | None

    @property
    def preview(self) -> str:
        """The change as a unified diff; for a lockfile, only the numbers of lines, because a diff of it is too long to read."""
        if self.path.endswith(".lock"):
            old, new = (len(text.splitlines()) for text in (self.old or "", self.new or ""))
            return f"{self.path}: {old} lines -> {new} lines, written by uv lock\n"
        return self._diff or f"{self.path}: an empty file\n"

    @property
    def size(self) -> str:
        """The number of lines that are added and removed, such as `+12 -3`."""
        lines = self._diff.splitlines()[2:]
        return " ".join(f"{sign}{number}" for sign in "+-" if (number := sum(line.startswith(sign) for line in lines)))

    @property
    def _diff(self) -> str:
        return diff(self.path, self.old or "", self.new or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of the project that stays as it is, and how it differs from the sessions of the noxfile."""

    path: str
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionPlan:
    """The changes that `evenfall init` makes, and its messages.

    `hook` is the git hook, whose path may lead out of the work tree. `losses` are the hand-written files that have the name or the purpose
    of a generated one, with what is lost if it replaces them. `refusals` are the reasons for which a script must not apply the plan.
    `jobs` are those of CI before and after. `dirty` are the files to change that have uncommitted changes of the user.
    """

    changes: tuple[FileChange, ...] = ()
    hook: FileChange | None = None
    losses: tuple[FileLosses, ...] = ()
    refusals: tuple[str, ...] = ()
    jobs: JobCounts = NO_JOBS
    kept: tuple[KeptFile, ...] = ()
    notes: tuple[str, ...] = ()
    dirty: tuple[str, ...] = ()

    @property
    def all_changes(self) -> tuple[FileChange, ...]:
        """The changes and the hook."""
        return (*self.changes, self.hook) if self.hook else self.changes


@dataclass(kw_only=True)
class Adoption:
    """The project's folder, its scratch copy, the noxfile's script header, and the messages of the stages so far.

    `source` is the value of `--source`, and with `release` the noxfile gets the sessions of a release. `replace` are the paths of the
    hand-written files that the user wants to replace by generated ones. `written` are the paths of the files that the stages wrote or
    removed; only these can be in the plan, because a build also leaves files, such as `*.egg-info`. `omitted` are the standard sessions
    in place of which the noxfile declares its own, those that require them, and those that have nothing to run.
    """

    root: Path
    scratch: Path
    header: str
    source: str = ""
    release: bool = False
    replace: tuple[str, ...] = ()
    losses: tuple[FileLosses, ...] = ()
    refusals: tuple[str, ...] = ()
    jobs: JobCounts = NO_JOBS
    checks: PipelineChecks | None = None
    kept: list[KeptFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    omitted: tuple[str, ...] = ()
    written: set[str] = field(default_factory=set)

    def read(self, path: str) -> str:
        """Return the text of a file of the scratch copy with its own line ends; empty if there is no such file."""
        return exact_text(self.scratch / path) or ""

    def write(self, path: str, text: str) -> None:
        """Write a file of the scratch copy and add it to the index, as if the user had committed it."""
        file = self.scratch / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(text))
        self.record(path)

    def remove(self, path: str) -> None:
        """Remove a file of the scratch copy, and from its index."""
        (self.scratch / path).unlink()
        self.record(path)

    def record(self, *paths: str) -> None:
        """Add files to the plan that another program wrote or removed, and to the index of the scratch copy."""
        self.written.update(paths)
        if paths:
            stage(self.scratch, *paths)

    def uv(self, *arguments: str) -> None:
        """Run a uv command that writes `pyproject.toml`, `uv.lock`, or the lock of the script that `--script` names.

        uv ends lines with LF. A file with CRLF keeps it.
        """
        is_script = "--script" in arguments
        paths = [SCRIPT_LOCK] if is_script else [NAME, lockfile.NAME]
        before = {path: self.read(path) for path in paths}
        uv(self.scratch, *arguments)
        for path, text in before.items():
            if "\r\n" in text and (after := self.read(path)) != text:
                self.write(path, after.replace("\r\n", "\n").replace("\n", "\r\n"))
        self.record(*(path for path in paths if (self.scratch / path).is_file()))

    def set_settings(self, settings: Mapping[str, Any]) -> None:
        """Add those keys of `[tool.evenfall]` and its tables that the project lacks. Keys that it has keep their values."""
        self.set_tables({"tool": {"evenfall": settings}})

    def set_tables(self, tables: Mapping[str, Any], *, path: str = NAME) -> None:
        """Add those keys of tables in `pyproject.toml`, or in another file, that it lacks. Keys that it has keep their values."""
        text = self.read(path)
        if (result := merge_tables(text, tables, name=path)) != text:
            self.write(path, result)

    def append(self, path: str, text: str) -> None:
        """Add lines to the end of a file in its line ends, after an empty line in a TOML file."""
        old = self.read(path)
        end = "\r\n" if "\r\n" in old else "\n"
        gap = "" if not old else end if old.endswith("\n") else 2 * end
        self.write(path, old + (gap if path.endswith(".toml") else gap[len(end) :]) + text.replace("\n", end))

    def record_generated(self) -> None:
        """Add the generated files to the plan that differ from the index of the scratch copy."""
        changed = (path for path in unstaged_files(self.scratch) if is_generated(self.read(path)))
        self.record(*changed)

    @property
    def project(self) -> Project:
        """The project in the scratch copy, read each time because the stages change it."""
        return read_project(self.scratch)

    def plan(self, hook: FileChange | None) -> AdoptionPlan:
        """Return the plan: the written and removed files that differ from the project's, and the messages."""
        texts = ((path, exact_text(self.root / path), exact_text(self.scratch / path)) for path in sorted(self.written))
        changes = tuple(FileChange(path=path, old=old, new=new) for path, old, new in texts if old != new)
        return AdoptionPlan(
            changes=changes,
            hook=hook,
            losses=self.losses,
            refusals=self.refusals,
            jobs=self.jobs,
            kept=tuple(self.kept),
            notes=tuple(self.notes),
            dirty=dirty_files(self.root, [change.path for change in changes]),
        )


def exact_text(path: Path) -> str | None:
    """Return the text of a file as `decode` does, `None` if there is no such file."""
    return decode(path.read_bytes()) if path.is_file() else None


def decode(content: bytes) -> str:
    """Return the text of a file's content with its own line ends and byte order mark; see `encode`."""
    return content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the content of a file whose text `decode` returned, which may be no UTF-8."""
    return text.encode("utf-8", "surrogateescape")

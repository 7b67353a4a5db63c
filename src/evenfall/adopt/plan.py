"""What adoption would write, and what it keeps and why that is worth a word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evenfall.generate.files import diff, read_text
from evenfall.git.tracked import unignored_files

_GENERATED = (".lock",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file to write: its path relative to the root, what is there now (`None`: no file) and what will be."""

    path: str
    old: str | None
    new: str

    @property
    def shown(self) -> str:
        """A unified diff; for a lock, which only its tool writes, the number of lines."""
        if self.path.endswith(_GENERATED):
            return f"{self.path}: {_lines(self.old or '')} lines -> {_lines(self.new)} lines, written by uv lock\n"
        return diff(self.path, self.old or "", self.new) or f"{self.path}: an empty file\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file of the user's that stays as it is, and what it lacks."""

    path: str
    lacks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that `evenfall init` would do. `missing`: what the user must add by hand before the adoption is whole."""

    changes: tuple[Change, ...]
    kept: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()
    missing: str = ""


def changes_between(root: Path, scratch: Path) -> tuple[Change, ...]:
    """The files in which the scratch copy differs from the project."""
    pairs = ((name, _text(root / name), read_text(scratch / name)) for name in sorted(unignored_files(scratch)))
    return tuple(Change(path=name, old=old, new=new) for name, old, new in pairs if old != new)


def _text(path: Path) -> str | None:
    return read_text(path) if path.is_file() else None


def _lines(text: str) -> int:
    return len(text.splitlines())

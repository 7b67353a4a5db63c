"""A task that a runner such as tox, Nox or make knows by a name, and the script that it runs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from evenfall.pipeline.marker import read_text

EVERY = ("*",)
"""The arguments that stand for all tasks of a runner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The name with its runner (`tox -e lint`), the script in the syntax of a shell, its folder, and the Pythons that it names.

    `file` is the one that has the script, and `is_required` whether a failure of the task counts.
    """

    name: str
    script: str
    folder: str = "."
    pythons: tuple[str, ...] = ()
    file: str = ""
    is_required: bool = True


def shell_line(line: str) -> str:
    """Return a line of a task as a shell has it, without `@`, `+` and `-` in front; after `-` its failure does not count."""
    text = line.lstrip("@+- \t")
    return f"{text} || true" if text and "-" in line[: -len(text)] else text


def tables_of(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file; empty if there is none, or if it is invalid, because its own tool reports that."""
    return _tables(read_text(path))


@lru_cache  # every command of a script may need them
def _tables(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}

"""A task that a runner such as tox, Nox or make knows by a name, and the script that it runs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenfall.pipeline.marker import read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The name with its runner (`tox -e lint`), the script in the syntax of a shell, its folder, and the Pythons that it names."""

    name: str
    script: str
    folder: str = "."
    pythons: tuple[str, ...] = ()


def tables_of(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file; empty if there is none, or if it is invalid, because its own tool reports that."""
    try:
        return tomllib.loads(read_text(path))
    except (ValueError, RecursionError):
        return {}

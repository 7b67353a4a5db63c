"""How a project shows that it wants a tool: a table, a configuration file, a hook."""

from __future__ import annotations

from configparser import ConfigParser, Error
from pathlib import Path

from evenfall.project import Project

HOOKS = ".pre-commit-config.yaml"


def has_table(project: Project, table: str, *files: str) -> bool:
    """Whether `[tool.TABLE]` is in `pyproject.toml`, or one of `files` is there; `name.cfg:section` asks for a section in it."""
    return table in project.pyproject.tools or any(_has(project.root, file) for file in files)


def _has(root: Path, file: str) -> bool:
    name, _, section = file.partition(":")
    path = root / name
    if not section or not path.is_file():
        return path.is_file()
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (Error, UnicodeDecodeError):
        return False
    return any(found == section or found.startswith(f"{section}:") for found in parser.sections())


def hook_runs(project: Project, *names: str) -> bool:
    """Whether a pre-commit hook has one of these ids, or an entry with such words in it."""
    path = project.root / HOOKS
    if not path.is_file():
        return False
    lines = [
        line.strip().removeprefix("- ") for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    ]
    ids = {line.partition(":")[2].strip().strip("'\"") for line in lines if line.startswith("id:")}
    entries = [line for line in lines if line.startswith("entry:")]
    return any(name in ids or any(name in entry for entry in entries) for name in names)

"""Read TOML files, turn syntax errors into errors with a line, and append tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any

import tomli

from evenfall.errors import EvenfallError
from evenfall.input_file import conflict_line, decode, read_file

PYPROJECT = "pyproject.toml"


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file, with or without a byte order mark.

    Raises `EvenfallError` (usage) as `read_file` and `parse_toml` do.
    """
    is_lock = path.suffix == ".lock"
    hint = restore_command(path) if is_lock else f"correct {path.name}"
    content = read_file(path, missing=lock_command(path) if is_lock else "evenfall init", hint=hint)
    return parse_toml(content, path.name, hint=hint)


def parse_toml(content: bytes, name: str, *, hint: str) -> dict[str, Any]:
    """Parse the content of a TOML file, which error messages call `name`.

    Raises `EvenfallError` (usage), with the line, if it is not UTF-8, not TOML, or has a conflict that git could not merge.
    """
    text = decode(content, name, hint=hint)
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        if line := conflict_line(text):
            raise EvenfallError(f"{name}:{line}: a merge conflict is not resolved", hint=hint) from error
        problem = f"{error.msg} (column {error.colno})"
        raise EvenfallError(f"{name}:{error.lineno}: not TOML: {problem}", hint=hint) from error
    except (ValueError, RecursionError) as error:  # a number with too many digits, or deep nesting
        raise EvenfallError(f"{name}: not TOML: {error}", hint=hint) from error


def top_level_keys(path: Path) -> frozenset[str]:
    """Return the names of the tables and keys at the top of a TOML file. Raises `EvenfallError` (usage) as `read_toml` does."""
    return frozenset(read_toml(path))


def append_tables(text: str, tables: Mapping[str, Any], *, name: str, hint: str) -> str:
    """Return a TOML text with tables at its end, in the line ends of the text.

    The tables are appended and not inserted, because tomlkit inserts a table between the next one and the comment above that. Raises
    `EvenfallError` (usage) with the hint if the text, which the message calls `name`, has one of the tables in another form.
    """
    import tomlkit  # slow to import, and rarely needed

    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else end if text.endswith("\n") else 2 * end
    result = text + gap + tomlkit.dumps(tables).strip("\n").replace("\n", end) + end
    try:
        tomli.loads(result.removeprefix("\ufeff"))
    except tomli.TOMLDecodeError as error:
        raise EvenfallError(
            f"{name}: a table can't be appended, because the file has it in another form", hint=hint
        ) from error
    return result


def restore_command(lock: Path) -> str:
    """Return how to get back a lockfile that is broken: from the last commit, and then updated for the project as it is."""
    return f"git checkout HEAD -- {_shown(lock)} (or delete it), then {lock_command(lock)}"


def lock_command(lock: Path) -> str:
    """Return the command that writes a lockfile: the project's `uv.lock`, or a script's `SCRIPT.lock`."""
    return "uv lock" if lock.name == "uv.lock" else f"uv lock --script {_shown(lock.with_suffix(''))}"


def _shown(path: Path) -> str:
    """Return a path as a part of a command: relative to the current folder, or its name if it is outside."""
    if path.is_absolute():
        path = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)
    return quote(path.as_posix())

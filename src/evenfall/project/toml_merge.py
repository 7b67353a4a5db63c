"""Add keys to the tables of a TOML file, in whichever form the file has these tables, and keep everything else as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import tomli
import tomlkit
from tomlkit.exceptions import TOMLKitError

from evenfall.errors import EvenfallError
from evenfall.project.toml import append_tables

_BOM = "\ufeff"


def merge_tables(text: str, tables: Mapping[str, Any], *, name: str) -> str:
    """Return a TOML text with the keys of nested tables that it lacks. A key that it has keeps its value.

    Comments, line ends and a byte order mark stay. Raises `EvenfallError` (usage), which calls the text `name`, if it is not TOML, or if it
    has one of the tables in a form to which no key can be added.
    """
    bom, text = text[: text.startswith(_BOM)], text.removeprefix(_BOM)
    present = _load(text, name)
    missing = _missing(tables, present)
    if not missing:
        return bom + text
    expected = _merged(present, tomli.loads(tomlkit.dumps(missing)))
    for result in _results(text, missing):
        if _reads_as(result, expected):
            return bom + result
    raise EvenfallError(
        f"{name}: these keys can't be added to the tables that it has:\n{tomlkit.dumps(missing).strip()}",
        hint=f"add them to {name} yourself",
    )


def _results(text: str, missing: Mapping[str, Any]) -> Iterator[str]:
    """Yield the text with the missing keys: all appended at its end, or added to each table in the form that the text has it in."""
    yield _appended(text, missing)
    for path, keys in _tables(missing):
        tables = _nested(path, keys)
        expected = _merged(_load(text, ""), tomli.loads(tomlkit.dumps(tables)))
        results = (_below_header(text, path, keys), _appended(text, tables), _assigned(text, path, keys))
        text = next((result for result in results if _reads_as(result, expected)), text)
    yield text


def _load(text: str, name: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:
        raise EvenfallError(f"{name}: not TOML: {error}", hint=f"correct {name}") from error


def _reads_as(text: str, expected: Mapping[str, Any]) -> bool:
    try:
        return tomli.loads(text) == expected
    except tomli.TOMLDecodeError:
        return False


def _missing(tables: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of nested tables that `present` lacks, without empty tables."""
    missing: dict[str, Any] = {}
    for key, value in tables.items():
        if key not in present:
            missing |= {} if _is_empty(value) else {key: value}
        elif isinstance(value, Mapping) and isinstance(present[key], Mapping):
            missing |= {key: rest} if (rest := _missing(value, present[key])) else {}
    return missing


def _is_empty(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_is_empty, value.values()))


def _merged(present: Mapping[str, Any], missing: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **present,
        **{key: _merged(present[key], value) if key in present else value for key, value in missing.items()},
    }


def _tables(tables: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the path of each nested table, with those of its keys that are not tables."""
    if keys := {key: value for key, value in tables.items() if not isinstance(value, Mapping)}:
        yield path, keys
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from _tables(value, (*path, key))


def _nested(path: tuple[str, ...], keys: Mapping[str, Any]) -> dict[str, Any]:
    tables = dict(keys)
    for name in reversed(path):
        tables = {name: tables}
    return tables


def _appended(text: str, tables: Mapping[str, Any]) -> str:
    try:
        return append_tables(text, tables, name="", hint="")
    except EvenfallError:
        return text


def _below_header(text: str, path: tuple[str, ...], keys: Mapping[str, Any]) -> str:
    """Return the text with the keys below the header of a table. At the end of the table, they might be below another one's comment."""
    names = r"[ \t]*\.[ \t]*".join(f"[\"']?{re.escape(name)}[\"']?" for name in path)
    header = re.search(rf"(?m)^[ \t]*\[[ \t]*{names}[ \t]*\][^\r\n]*(\r?\n|\Z)", text)
    if header is None:
        return text
    end = header[1] or "\n"
    gap = "" if header[1] else end
    return text[: header.end()] + gap + tomlkit.dumps(keys).replace("\n", end) + text[header.end() :]


def _assigned(text: str, path: tuple[str, ...], keys: Mapping[str, Any]) -> str:
    """Return the text with the keys in a table that is written inline or with dotted keys."""
    try:
        document = tomlkit.parse(text)
        table: Any = document
        for name in path:
            table = table.setdefault(name, {})
        table.update(keys)
        result = document.as_string()
    except (TOMLKitError, TypeError, ValueError):
        return text
    return result.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else result

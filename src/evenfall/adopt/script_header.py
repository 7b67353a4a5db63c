"""Merge Evenfall's script header (PEP 723) into the one that a noxfile has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE
from evenfall.project.toml_merge import merge_tables

_HEADER = re.compile(r"(?m)^# /// script[ \t]*\n(?P<content>(?:#(?:| .*)\n)*)# ///[ \t]*(?:\n|\Z)")
"""As in the specification, for text with newlines, but an empty header is one, too:
https://packaging.python.org/en/latest/specifications/inline-script-metadata/"""
_LOWER_BOUNDS = (">=", ">")
_MINORS = range(100)


def find_header(text: str) -> re.Match[str] | None:
    """Return the script header in a noxfile's text with newlines."""
    return _HEADER.search(text)


def merge_header(own: str, header: str, *, replaces_source: bool) -> str:
    """Return the script header `own` with what `header` adds: dependencies, tables of uv, and a newer oldest Python.

    The requirement of Evenfall that it has stays unless `replaces_source`. Raises `EvenfallError` (usage) if `own` is not valid, or if it
    excludes every Python of Evenfall.
    """
    before, added = _content(own), tomlkit.parse(_content(header)).unwrap()
    content = _with_python(_parsed(before), before, added["requires-python"])
    document = _parsed(content)
    if not isinstance(document.setdefault("dependencies", []), list):
        raise _invalid("dependencies is not an array")
    dependencies: Any = document["dependencies"]
    names = [_name(text) for text in dependencies]
    for text in added["dependencies"]:
        name = _name(text)
        if name not in names:
            dependencies.append(text)
        elif name == "evenfall" and replaces_source:
            dependencies[names.index(name)] = text
    content = _with_tables(document.as_string(), {"tool": added.get("tool", {})})
    return "# /// script\n" + "".join(f"# {line}".rstrip() + "\n" for line in content.splitlines()) + "# ///\n"


def has_evenfall(own: str) -> bool:
    """Return whether a script header requires Evenfall. Raises `EvenfallError` (usage) if it is not valid."""
    return "evenfall" in map(_name, _parsed(_content(own)).get("dependencies", []))


def _content(header: str) -> str:
    match = find_header(header)
    assert match is not None  # the caller found it
    return "".join(f"{line[2:]}\n" for line in match["content"].splitlines())


def _parsed(content: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(content)
    except TOMLKitError as error:
        raise _invalid(f"not TOML: {error}") from error


def _invalid(reason: str) -> EvenfallError:
    return EvenfallError(
        f"{NOXFILE}: its script header is not valid: {reason}", hint="correct the lines from # /// script to # ///"
    )


def _name(requirement: object) -> str:
    try:
        return canonicalize_name(Requirement(str(requirement)).name)
    except InvalidRequirement as error:
        raise _invalid(f"dependencies: {error}") from error


def _with_python(document: tomlkit.TOMLDocument, content: str, oldest: str) -> str:
    """Return the content with a `requires-python` that also excludes the Pythons that Evenfall does not support."""
    if "requires-python" not in document:
        return f'requires-python = "{oldest}"\n{content}'
    try:
        own, ours = SpecifierSet(str(document["requires-python"])), SpecifierSet(oldest)
    except InvalidSpecifier as error:
        raise _invalid(f"requires-python: {error}") from error
    minors = [minor for minor in _MINORS if own.contains(f"3.{minor}") or own.contains(f"3.{minor}.99")]
    if not any(ours.contains(f"3.{minor}") for minor in minors):
        raise EvenfallError(
            f"{NOXFILE}: its script header requires Python {own}, but Evenfall needs {oldest}",
            hint="change requires-python in the script header",
        )
    if all(ours.contains(f"3.{minor}") for minor in minors):
        return content
    kept = [str(bound) for bound in own if bound.operator not in _LOWER_BOUNDS]
    document["requires-python"] = ",".join([oldest, *sorted(kept)])
    return document.as_string()


def _with_tables(content: str, tables: Mapping[str, Any]) -> str:
    """Return the content with the tables of uv. Indexes are added to those that it has."""
    uv: dict[str, Any] = dict(tables["tool"].get("uv", {}))
    indexes = uv.pop("index", [])
    content = merge_tables(content, {"tool": {"uv": uv}}, name=f"the script header of {NOXFILE}")
    own = _parsed(content).unwrap().get("tool", {}).get("uv", {}).get("index", [])
    missing = [index for index in indexes if index["name"] not in [known.get("name") for known in own]]
    return content + ("\n" + tomlkit.dumps({"tool": {"uv": {"index": missing}}}) if missing else "")

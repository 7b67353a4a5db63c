"""`pyproject.toml` (PEP 518, 621, 735) as frozen values, and the errors that name the key at fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.settings import Settings, read_settings

NAME = "pyproject.toml"


class Pyproject(msgspec.Struct, frozen=True, kw_only=True):
    """What `pyproject.toml` says. `tools` holds the names of the `[tool.*]` tables, dotted to the second level.

    `groups_fit_together` is false where uv is told of groups that exclude each other or want a Python of their own.
    """

    name: str
    version: str | None
    dynamic: tuple[str, ...]
    requires_python: str
    classifiers: tuple[str, ...]
    groups: tuple[str, ...]
    groups_fit_together: bool = True
    extras: tuple[str, ...]
    build_backend: str
    version_from_tag: bool
    tools: frozenset[str]
    mypy_says_what: bool
    settings: Settings

    @property
    def normalized_name(self) -> str:
        """The name as PEP 503 compares it."""
        return canonicalize_name(self.name)


class _Project(msgspec.Struct, rename="kebab", kw_only=True):
    name: str
    version: str | None = None
    dynamic: tuple[str, ...] = ()
    requires_python: str = ""
    classifiers: tuple[str, ...] = ()
    optional_dependencies: dict[str, Any] = {}


class _BuildSystem(msgspec.Struct, rename="kebab"):
    requires: tuple[str, ...] = ()
    build_backend: str = "setuptools.build_meta:__legacy__"


class _File(msgspec.Struct, rename="kebab"):
    project: _Project | None = None
    build_system: _BuildSystem | None = None
    dependency_groups: dict[str, Any] = {}
    tool: dict[str, Any] = {}


def read_toml(path: Path) -> dict[str, Any]:
    """One TOML file, with or without a byte order mark. Raises `EvenfallError` (usage) with the line where it can't be read."""
    is_lock = path.suffix == ".lock"
    correct = f"git restore {path.name}" if is_lock else f"correct {path.name}"
    try:
        return parse_toml(path.read_bytes(), path.name, hint=correct)
    except FileNotFoundError as error:
        raise EvenfallError(
            f"{path.name}: not found in {path.parent}", hint=relock(path) if is_lock else "evenfall init"
        ) from error
    except OSError as error:
        raise EvenfallError(f"{path.name}: it can't be read: {error.strerror}", hint=correct) from error


def parse_toml(content: bytes, name: str, *, hint: str) -> dict[str, Any]:
    """What a TOML file of that name holds. Raises `EvenfallError` (usage) as `read_toml`, with the hint."""
    try:
        return tomli.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, too many digits, nested without end
        raise EvenfallError(f"{name}: not TOML: {error}", hint=hint) from error


def read_policies(path: Path) -> Settings:
    """`[tool.evenfall]` alone, of a `pyproject.toml` that may be a workspace's and hold no project.

    Raises `EvenfallError` (usage) as `read_toml` and `read_settings` do.
    """
    tools = read_toml(path).get("tool", {})
    return read_settings(tools.get("evenfall", {}) if isinstance(tools, dict) else tools, path=path.name)


def relock(lock: Path) -> str:
    """The command that writes a lockfile: the project's `uv.lock`, or a script's `SCRIPT.lock`."""
    return "uv lock" if lock.name == "uv.lock" else f"uv lock --script {lock.stem}"


def read_pyproject(path: Path) -> Pyproject:
    """Parse and check `pyproject.toml`.

    Raises `EvenfallError` (usage): not there, not TOML, no `[project]`, a value of the wrong type, no build system.
    """
    try:
        parsed = msgspec.convert(read_toml(path), _File)
    except msgspec.ValidationError as error:
        text, _, at = str(error).partition(" - at `$.")
        raise EvenfallError(f"{NAME}: {at.rstrip('`')}: {text}", hint=f"correct {NAME}") from error
    if parsed.project is None:
        raise EvenfallError(
            f"{NAME}: there is no [project] table", hint="uv init --package, or evenfall init in an empty folder"
        )
    if parsed.build_system is None:
        raise EvenfallError(
            f"{NAME}: there is no [build-system] table, so there is no package to build",
            hint="add one: https://docs.astral.sh/uv/concepts/projects/config/#build-systems",
        )
    project = parsed.project
    _check_name(project.name)
    _check_specifier(project.requires_python)
    tools = {tool: table for tool, table in parsed.tool.items() if isinstance(table, dict)}
    return Pyproject(
        name=project.name,
        version=project.version,
        dynamic=project.dynamic,
        requires_python=project.requires_python,
        classifiers=project.classifiers,
        groups=_groups(parsed.dependency_groups, tools.get("uv", {})),
        groups_fit_together=not {"conflicts", "dependency-groups"} & set(tools.get("uv", {})),
        extras=tuple(project.optional_dependencies),
        build_backend=parsed.build_system.build_backend,
        version_from_tag="version" in project.dynamic and _asks_git(parsed.build_system.requires, tools),
        tools=_tool_names(tools),
        mypy_says_what=bool({"files", "packages", "modules"} & set(tools.get("mypy", {}))),
        settings=read_settings(parsed.tool.get("evenfall", {}), path=NAME),
    )


def _check_name(name: str) -> None:
    if not re.fullmatch(r"(?i)[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9]", name):
        raise EvenfallError(
            f"{NAME}: project.name: {name!r} is not a name (PEP 508)", hint="use letters, digits, '.', '_' and '-'"
        )


def _check_specifier(text: str) -> None:
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise EvenfallError(f"{NAME}: project.requires-python: {error}", hint='write it like ">=3.11"') from error


_TAG_READERS = {
    "dunamai",
    "flit-scm",
    "hatch-vcs",
    "poetry-dynamic-versioning",
    "setuptools-git-versioning",
    "setuptools-scm",
    "uv-dynamic-versioning",
    "vcs-versioning",
    "versioneer",
    "versioningit",
}


def _asks_git(requires: tuple[str, ...], tools: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the build reads the version from a tag: by what it requires, or by pdm's own setting."""
    names = {canonicalize_name(found[0]) for text in requires if (found := re.match(r"[A-Za-z0-9._-]+", text.strip()))}
    version = tools.get("pdm", {}).get("version", {})
    return bool(_TAG_READERS & names) or (isinstance(version, dict) and version.get("source") == "scm")


def _groups(groups: Mapping[str, Any], uv: Mapping[str, Any]) -> tuple[str, ...]:
    """uv's older `[tool.uv] dev-dependencies` are its group `dev`."""
    return tuple(dict.fromkeys([*groups, *(["dev"] if "dev-dependencies" in uv else [])]))


def _tool_names(tools: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    second = {
        f"{tool}.{key}" for tool, table in tools.items() for key, value in table.items() if isinstance(value, dict)
    }
    return frozenset(tools) | frozenset(second)

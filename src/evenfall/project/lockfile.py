"""Parse `uv.lock` into frozen values. https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import unquote

import msgspec
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.input_file import read_file
from evenfall.project.lock_source import PackageSource
from evenfall.project.toml import lock_command, parse_toml, restore_command
from evenfall.text import one_line

NAME = "uv.lock"
PYPI = "https://pypi.org/simple"
"""The public index, as uv writes it unless the project names another one."""
VERSION = 1


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """An edge of the lock: a package and its requested extras, with version and source if several packages have the name."""

    name: str
    version: str | None = None
    source: PackageSource | None = None
    extra: tuple[str, ...] = ()
    marker: str = ""


class DistributionFile(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """An sdist or a wheel. `hash` is like `sha256:…`, `size` is in bytes, and `upload_time` is ISO 8601.

    A file of a registry that is a folder has a `path` instead of a `url`.
    """

    url: str | None = None
    path: str | None = None
    filename: str | None = None
    hash: str | None = None
    size: int | None = None
    upload_time: str | None = None

    @property
    def name(self) -> str:
        """The name of the file, decoded from its URL unless that would bring in a control character."""
        path = self.filename or (self.url or self.path or "").partition("#")[0].partition("?")[0]
        encoded = path.rpartition("/")[2]
        name = unquote(encoded)
        return name if name.isprintable() else encoded


class LockedRequirement(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement of a script, of a folder that uv builds, or in a dependency group. `marker` and `specifier` may be empty."""

    name: str
    extras: tuple[str, ...] = ()
    marker: str = ""
    specifier: str = ""


class LockedMetadata(msgspec.Struct, frozen=True, rename="kebab"):
    """The requirements of a folder that uv builds, and those of its dependency groups."""

    requires_dist: tuple[LockedRequirement, ...] = ()
    requires_dev: dict[str, tuple[LockedRequirement, ...]] = {}


class LockedPackage(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """A `[[package]]`, the name of the lock, and the line (from 1) on which it begins.

    A package from a folder or a repository may have no version.
    """

    name: str
    lock: str = NAME
    line: int = 1
    version: str | None = None
    source: PackageSource = PackageSource()
    resolution_markers: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    optional_dependencies: dict[str, tuple[Dependency, ...]] = {}
    dev_dependencies: dict[str, tuple[Dependency, ...]] = {}
    metadata: LockedMetadata = LockedMetadata()
    sdist: DistributionFile | None = None
    wheels: tuple[DistributionFile, ...] = ()

    @property
    def files(self) -> tuple[DistributionFile, ...]:
        """The sdist, if there is one, and the wheels."""
        return (*([self.sdist] if self.sdist else []), *self.wheels)


class LockManifest(msgspec.Struct, frozen=True, rename="kebab"):
    """The `members` of a workspace, the dependency groups of a folder whose `pyproject.toml` has no `[project]`, or the `requirements`
    of a script; and the `constraints` and `overrides` of all packages.
    """

    members: tuple[str, ...] = ()
    dependency_groups: dict[str, tuple[LockedRequirement, ...]] = {}
    requirements: tuple[LockedRequirement, ...] = ()
    constraints: tuple[LockedRequirement, ...] = ()
    overrides: tuple[LockedRequirement, ...] = ()


class ConflictItem(msgspec.Struct, frozen=True):
    """An extra or a group of a package, or a whole package, that can't be installed together with others."""

    package: str
    extra: str = ""
    group: str = ""


class LockOptions(msgspec.Struct, frozen=True, rename="kebab"):
    """Options of uv that the lock was made with. `exclude_newer` is a time: files that were uploaded later are not used."""

    exclude_newer: str = ""


class Lockfile(msgspec.Struct, frozen=True):
    """The content of a lockfile.

    `name` is its name, or its path relative to the current folder. `supported_markers` name the systems that it is made for, none if for
    all.
    """

    version: int
    name: str = NAME
    package: tuple[LockedPackage, ...] = ()
    manifest: LockManifest = LockManifest()
    supported_markers: tuple[str, ...] = msgspec.field(default=(), name="supported-markers")
    requires_python: str = msgspec.field(default="", name="requires-python")
    conflicts: tuple[tuple[ConflictItem, ...], ...] = ()
    options: LockOptions = LockOptions()

    @property
    def sync_command(self) -> str:
        """The command that installs as much as possible of it: without all but one of the extras, groups and members that conflict."""
        if self.script:
            return f"uv sync --script {quote(self.script)}"
        items = dict.fromkeys(item for conflict in self.conflicts for item in conflict[1:])
        excluded = "".join(
            f" --no-extra {quote(item.extra)}" if item.extra else f" --no-group {quote(item.group)}"
            for item in items
            if item.extra or item.group
        )
        members = " --all-packages" if len(self.manifest.members) > 1 else ""
        if any(not (item.extra or item.group) for item in items):
            members = " --package MEMBER"  # uv can't install them together
        return f"uv sync{members} --all-groups --all-extras{excluded}"

    @property
    def is_complete(self) -> bool:
        """Whether it contains the project, all members of the workspace, or the groups of a folder without a project.

        The lock of a script contains no project.
        """
        if self.script:
            return True
        if self.manifest.members:
            return {*map(canonicalize_name, self.manifest.members)} <= {*map(canonicalize_name, self.local_names)}
        return bool(self.manifest.dependency_groups) or any(package.source.folder == "." for package in self.package)

    @property
    def script(self) -> str:
        """The name of the script (PEP 723) that it is the lock of, or its path; empty for the lock of a project."""
        return "" if self.name == NAME else self.name.removesuffix(".lock")

    @property
    def local_names(self) -> tuple[str, ...]:
        """The names of the packages that uv builds from folders: the project, workspace members and path dependencies."""
        return tuple(package.name for package in self.package if package.source.is_folder)

    def find(self, name: str) -> LockedPackage | None:
        """Return the package with this name, the first if there are several versions, or None."""
        wanted = canonicalize_name(name)
        return next((package for package in self.package if canonicalize_name(package.name) == wanted), None)


def read_lockfile(path: Path, name: str = "") -> Lockfile:
    """Parse the lockfile of a project or a script, with another name for it than that of the file, such as `tools/s.py.lock`.

    Raises `EvenfallError` (usage) if it is missing, is not TOML, has an invalid value (with the key), or has an unknown format.
    """
    content = read_file(path, missing=lock_command(path), hint=restore_command(path))
    return _parse(content, path, name or path.name)


# A session reads its project several times, and a large lock takes as long as all the rest of its start.
@lru_cache(maxsize=4)
def _parse(content: bytes, path: Path, name: str) -> Lockfile:
    return _lockfile(parse_toml(content, path.name, hint=restore_command(path)), name, content, path)


def _format_hint(path: Path) -> str:
    """Return the commands for a lock of another format: upgrade Evenfall where the project has it, or lock with Evenfall's own uv."""
    from importlib.metadata import version  # slow to import, and rarely needed

    has_tools = path.with_name("noxfile.py.lock").is_file()
    upgrade = "uv lock --script noxfile.py --upgrade-package evenfall" if has_tools else "uv tool upgrade evenfall"
    own_uv = lock_command(path).replace("uv", f"uvx uv@{version('uv')}", 1)
    return f"{upgrade}; or delete it, then {own_uv}"


def require_complete_lock(lock: Lockfile, name: str) -> Lockfile:
    """Return a complete lock. Raises `EvenfallError` (usage) for another one, which error messages call `name`."""
    if not lock.is_complete:
        hint = "uv lock, and a [project] table in pyproject.toml if it has none"
        if not lock.package:
            hint = f"an early version of uv wrote it, or it is empty: delete it, then {hint}"
        raise EvenfallError(f"{name}: it contains no project", hint=hint)
    return lock


def parse_lockfile(content: bytes, name: str) -> Lockfile:
    """Parse the content of a lockfile, which error messages call `name`, such as `HEAD:uv.lock`.

    Raises `EvenfallError` as `read_lockfile` does.
    """
    return _lockfile(parse_toml(content, name, hint="uv lock, and commit it"), name, content)


def _lockfile(table: dict[str, Any], name: str, content: bytes, path: Path | None = None) -> Lockfile:
    if table.get("version", VERSION) != VERSION:
        raise EvenfallError(
            f"{name}: version: the format is {table['version']!r}, but this Evenfall reads {VERSION}",
            hint=_format_hint(path) if path else "upgrade Evenfall",
        )
    # A TOML string can contain a control character only in one of these ways.
    if not content.isascii() or any(mark in content for mark in (b"\\", b'"""', b"'''")):
        for key in _unprintable(table):
            raise EvenfallError(
                f"{name}: {key}: it contains a control character, which uv does not write",
                hint=restore_command(Path(name)),
            )
    try:
        return msgspec.convert(_with_locations(table, name.rpartition(":")[2], content), Lockfile)
    except msgspec.ValidationError as error:
        text, _, at = str(error).partition(" - at `$")
        key = at.rstrip("`").lstrip(".") or "top"
        raise EvenfallError(f"{name}: {key}: {text}", hint=restore_command(Path(name))) from error


def _unprintable(table: dict[str, Any]) -> Iterator[str]:
    """Yield the keys of strings with control characters, which could start a new line or be obeyed by a terminal."""
    waiting: list[tuple[str, object]] = [("", table)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str) and not value.isprintable():
            yield one_line(key.lstrip("."))
        elif isinstance(value, dict):
            waiting += ((f"{key}.{name}", each) for name, found in value.items() for each in (name, found))
        elif isinstance(value, list):
            waiting += ((f"{key}[{index}]", each) for index, each in enumerate(value))


def _with_locations(table: dict[str, Any], name: str, content: bytes) -> dict[str, Any]:
    """Return the table with the name of the lock and the line of each package, because the TOML parser does not keep it."""
    packages = table.get("package")
    if not isinstance(packages, list):
        return {**table, "name": name}
    lines = [number for number, line in enumerate(content.splitlines(), 1) if line.startswith(b"[[package]]")]
    found = [*lines, *[1] * len(packages)]  # a lock that uv did not write may contain packages in another form
    numbered = [
        {**package, "lock": name, "line": line} if isinstance(package, dict) else package
        for package, line in zip(packages, found, strict=False)
    ]
    return {**table, "name": name, "package": numbered}

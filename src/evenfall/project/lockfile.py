"""`uv.lock` as frozen values: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.lock_source import PackageSource
from evenfall.project.toml import parse_toml, read_toml
from evenfall.text import one_line

NAME = "uv.lock"
PYPI = "https://pypi.org/simple"
"""The public index, as uv writes it where a project names no other."""
VERSION = 1


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """An edge of the lock: a package in it and the extras asked of it; the version and source where the lock holds several."""

    name: str
    version: str | None = None
    source: PackageSource | None = None
    extra: tuple[str, ...] = ()
    marker: str = ""


class DistributionFile(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """A distribution's file. `hash` is like `sha256:…`, `size` in bytes, `upload_time` ISO 8601; a folder as a registry has paths."""

    url: str | None = None
    path: str | None = None
    filename: str | None = None
    hash: str | None = None
    size: int | None = None
    upload_time: str | None = None

    @property
    def name(self) -> str:
        """The file's own name; what would not stay on its line stays as the address writes it."""
        place = self.filename or (self.url or self.path or "").partition("#")[0].partition("?")[0]
        written = place.rpartition("/")[2]
        name = unquote(written)
        return name if name.isprintable() else written


class LockedRequirement(PackageSource, frozen=True, kw_only=True):
    """A requirement of what is built here, or of a group, as `pyproject.toml` had it; with its place, where it has one of its own."""

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    marker: str = ""

    @property
    def has_place(self) -> bool:
        """Whether it comes from a place of its own, and not from an index."""
        return self.is_folder or any((self.git, self.url, self.path))


class LockedMetadata(msgspec.Struct, frozen=True, rename="kebab"):
    """What a package that is built here asked for: itself with all of its extras, and its groups."""

    requires_dist: tuple[LockedRequirement, ...] = ()
    requires_dev: dict[str, tuple[LockedRequirement, ...]] = {}


class LockedPackage(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """One `[[package]]`, and the line (from 1) on which it begins. A package from a path or a repository may have no version."""

    name: str
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
        """The sdist, where there is one, and the wheels."""
        return (*([self.sdist] if self.sdist else []), *self.wheels)


class LockManifest(msgspec.Struct, frozen=True, rename="kebab"):
    """What the lock is for: the `members` of a workspace, and the groups of a folder whose `pyproject.toml` has no `[project]`."""

    members: tuple[str, ...] = ()
    dependency_groups: dict[str, tuple[LockedRequirement, ...]] = {}


class Lockfile(msgspec.Struct, frozen=True):
    """What `uv.lock` holds, as far as Evenfall reads it. Where it is not for all systems, `supported_markers` say for which."""

    version: int
    package: tuple[LockedPackage, ...] = ()
    manifest: LockManifest = LockManifest()
    supported_markers: tuple[str, ...] = msgspec.field(default=(), name="supported-markers")
    requires_python: str = msgspec.field(default="", name="requires-python")

    @property
    def is_whole(self) -> bool:
        """Whether it holds what it is for: the project, the members of a workspace, or a folder's groups."""
        if self.manifest.members:
            return {*map(canonicalize_name, self.manifest.members)} <= {*map(canonicalize_name, self.local())}
        return bool(self.manifest.dependency_groups) or any(package.source.folder == "." for package in self.package)

    def local(self) -> tuple[str, ...]:
        """The names of the packages that uv builds from folders: the project, workspace members, path dependencies."""
        return tuple(package.name for package in self.package if package.source.is_folder)

    def find(self, name: str) -> LockedPackage | None:
        """The package of that name; the first one where a lock holds several versions."""
        wanted = canonicalize_name(name)
        return next((package for package in self.package if canonicalize_name(package.name) == wanted), None)


def read_lockfile(path: Path) -> Lockfile:
    """Parse a lockfile of uv, a project's or a script's.

    Raises `EvenfallError` (usage): not there, not TOML, hand-broken (with the key), or of a version not known here.
    """
    return _lockfile(read_toml(path), path.name, path.read_bytes())


def checked_project_lock(lock: Lockfile, name: str) -> Lockfile:
    """A project's lock always holds the project, or its groups: one without is not whole, and no answer. Raises `EvenfallError` (usage)."""
    if not lock.is_whole:
        raise EvenfallError(f"{name}: it holds no project of its own, so it is not what uv wrote", hint="uv lock")
    return lock


def parse_lockfile(content: bytes, name: str) -> Lockfile:
    """Parse a lockfile that lies in no work tree, like a commit's; `name` is how it is called in errors, as `read_lockfile` raises."""
    return _lockfile(parse_toml(content, name, hint="uv lock, and commit it"), name, content)


def _lockfile(table: dict[str, Any], name: str, content: bytes) -> Lockfile:
    if table.get("version", VERSION) != VERSION:
        raise EvenfallError(
            f"{name}: version: its format is {table['version']!r}, this evenfall reads {VERSION}",
            hint="upgrade evenfall: uv lock --script noxfile.py --upgrade-package evenfall",
        )
    may_hold_any = not content.isascii() or any(mark in content for mark in (b"\\", b'"""', b"'''"))
    if may_hold_any:  # nothing else brings one into a text of TOML
        for key in _unprintable(table):
            raise EvenfallError(
                f"{name}: {key}: a control character, which uv does not write", hint=f"git restore {name}"
            )
    try:
        return msgspec.convert(_with_lines(table, content), Lockfile)
    except msgspec.ValidationError as error:
        text, _, at = str(error).partition(" - at `$")
        key = at.rstrip("`").lstrip(".") or "top"
        raise EvenfallError(f"{name}: {key}: {text}", hint=f"git restore {name}") from error


def _unprintable(table: dict[str, Any]) -> Iterator[str]:
    """The keys of texts that would not stay on their line, or that a terminal would obey."""
    waiting: list[tuple[str, object]] = [("", table)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str) and not value.isprintable():
            yield one_line(key.lstrip("."))
        elif isinstance(value, dict):
            waiting += ((f"{key}.{name}", each) for name, found in value.items() for each in (name, found))
        elif isinstance(value, list):
            waiting += ((f"{key}[{place}]", each) for place, each in enumerate(value))


def _with_lines(table: dict[str, Any], content: bytes) -> dict[str, Any]:
    """The table with each package's line, which TOML does not keep."""
    packages = table.get("package")
    if not isinstance(packages, list):
        return table
    lines = [number for number, line in enumerate(content.splitlines(), 1) if line.startswith(b"[[package]]")]
    found = [*lines, *[1] * len(packages)]  # a lock that uv did not write may say it in another way
    numbered = [
        {**package, "line": line} if isinstance(package, dict) else package
        for package, line in zip(packages, found, strict=False)
    ]
    return {**table, "package": numbered}

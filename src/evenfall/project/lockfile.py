"""`uv.lock` as frozen values: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.pyproject import read_toml

NAME = "uv.lock"
VERSION = 1


class Dependency(msgspec.Struct, frozen=True):
    """An edge of the lock: the name of a package in it, and the extras asked of it."""

    name: str
    extra: tuple[str, ...] = ()


class Package(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """One `[[package]]`. A package from a path or a repository may have no version."""

    name: str
    version: str | None = None
    source: dict[str, Any] = {}
    dependencies: tuple[Dependency, ...] = ()
    optional_dependencies: dict[str, tuple[Dependency, ...]] = {}
    dev_dependencies: dict[str, tuple[Dependency, ...]] = {}


class Lockfile(msgspec.Struct, frozen=True):
    """What `uv.lock` holds, as far as Evenfall reads it."""

    version: int
    package: tuple[Package, ...] = ()

    def local(self) -> tuple[str, ...]:
        """The names of the packages that uv builds from folders: the project, workspace members, path dependencies."""
        folders = {"editable", "directory", "virtual"}
        return tuple(package.name for package in self.package if folders & package.source.keys())

    def find(self, name: str) -> Package | None:
        """The package of that name; the first one where a lock holds several versions."""
        wanted = canonicalize_name(name)
        return next((package for package in self.package if canonicalize_name(package.name) == wanted), None)

    def reached_from(self, project: str, groups: tuple[str, ...], extras: tuple[str, ...] = ()) -> frozenset[str]:
        """The names of all packages that the project's `groups` and `extras` bring, direct or not, on any system."""
        root = self.find(project)
        if root is None:
            raise EvenfallError(f"{NAME}: it does not hold the project {project!r}", hint="uv lock")
        named: dict[str, list[Package]] = {}
        for package in self.package:
            named.setdefault(canonicalize_name(package.name), []).append(package)
        waiting = [edge for group in groups for edge in root.dev_dependencies.get(canonicalize_name(group), ())]
        waiting += [edge for extra in extras for edge in root.optional_dependencies.get(canonicalize_name(extra), ())]
        seen: set[Dependency] = set()
        while waiting:
            edge = waiting.pop()
            if edge in seen:
                continue
            seen.add(edge)
            for package in named.get(canonicalize_name(edge.name), ()):
                waiting += package.dependencies
                waiting += [more for extra in edge.extra for more in package.optional_dependencies.get(extra, ())]
        return frozenset(canonicalize_name(edge.name) for edge in seen)


def read_lockfile(path: Path) -> Lockfile:
    """Parse a lockfile of uv, a project's or a script's.

    Raises `EvenfallError` (usage): not there, not TOML, hand-broken (with the key), or of a version not known here.
    """
    table = read_toml(path)
    if table.get("version", VERSION) != VERSION:
        raise EvenfallError(
            f"{path.name}: version: its format is {table['version']!r}, this evenfall reads {VERSION}",
            hint="upgrade evenfall: uv lock --script noxfile.py --upgrade-package evenfall",
        )
    try:
        return msgspec.convert(table, Lockfile)
    except msgspec.ValidationError as error:
        text, _, at = str(error).partition(" - at `$")
        key = at.rstrip("`").lstrip(".") or "top"
        raise EvenfallError(f"{path.name}: {key}: {text}", hint=f"git restore {path.name}") from error

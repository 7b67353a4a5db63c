"""Releases of a lock and their files, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from packaging.utils import canonicalize_name

from evenfall.errors import without_password
from evenfall.project.lockfile import File, Lockfile, Package
from evenfall.supply.closure import Reached, third_party

Named = Mapping[str, tuple[Reached, ...]]


def by_name(lock: Lockfile) -> Named:
    """Every package that is not built here, by its normalized name (PEP 503); a lock may hold several versions of one."""
    named: dict[str, tuple[Reached, ...]] = {}
    for reached in third_party(lock):
        name = canonicalize_name(reached.package.name)
        named[name] = (*named.get(name, ()), reached)
    return named


def version_of(package: Package) -> str:
    """Its version, or where it comes from, without a password: a repository's package may have none, and its commit is what counts."""
    return package.version or without_password(str(package.source))


def release(package: Package) -> tuple[str, str]:
    """A package of a repository is another one with every commit, whatever its version says."""
    return version_of(package), package.source.git or ""


def files_of(package: Package) -> Mapping[str, File]:
    """By their names; of two files of one name the first, for uv takes that. See `Tampered.doubled`."""
    files: dict[str, File] = {}
    for file in package.files:
        files.setdefault(file.name, file)
    return files


def doubled(package: Package) -> tuple[str, ...]:
    """Names that stand twice: no index has two files of one name."""
    counted = Counter(file.name for file in package.files)
    return tuple(name for name, number in counted.items() if number > 1)

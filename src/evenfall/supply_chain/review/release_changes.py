"""Releases in both locks whose source or files differ, and new releases that are unusual compared with the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import PYPI, DistributionFile, Lockfile
from evenfall.supply_chain.review.releases import duplicate_files, files_by_name, release_key
from evenfall.supply_chain.review.sources import (
    IndexFiles,
    file_host,
    files_by_index,
    normalized_index,
    normalized_source,
    version_independent_source,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRelease:
    """A release in both locks whose source or files differ.

    `sources` are before and after, if they differ. The other fields are names of files. `on_other_host` are files on a host that had
    none of the release's files before.
    """

    required: RequiredPackage
    sources: tuple[str, str] | None
    replaced: tuple[str, ...]
    removed: tuple[str, ...]
    added: tuple[str, ...]
    on_other_host: tuple[str, ...]
    duplicated: tuple[str, ...]
    has_lost_all_wheels: bool


def changed_releases(
    before: tuple[RequiredPackage, ...], after: tuple[RequiredPackage, ...]
) -> Iterator[ChangedRelease]:
    """Yield the releases of one package that are in both locks and differ.

    A lock with forks may contain a release several times. It did not change if it is equal to any of them.
    """
    for new in after:
        changes = [_compare(old, new) for old in before if release_key(old.package) == release_key(new.package)]
        if changes and None not in changes:
            yield from filter(None, changes[:1])


def _compare(old: RequiredPackage, new: RequiredPackage) -> ChangedRelease | None:
    """Return the differences between the same release in both locks, or None if there are none."""
    sources = (normalized_source(old.package.source), normalized_source(new.package.source))
    before, after = files_by_name(old.package), files_by_name(new.package)
    hosts = {*map(file_host, before.values())}
    change = ChangedRelease(
        required=new,
        sources=sources if sources[0] != sources[1] else None,
        replaced=tuple(file.name for key, file in after.items() if key in before and _hash_differs(before[key], file)),
        removed=tuple(file.name for key, file in before.items() if key not in after),
        added=tuple(file.name for key, file in after.items() if key not in before),
        on_other_host=tuple(file.name for file in after.values() if file_host(file) not in hosts),
        duplicated=duplicate_files(new.package),
        has_lost_all_wheels=bool(old.package.wheels) and not new.package.wheels,
    )
    file_changes = (change.replaced, change.removed, change.added, change.on_other_host, change.duplicated)
    return change if change.sources or any(file_changes) else None


def _hash_differs(old: DistributionFile, new: DistributionFile) -> bool:
    """Return whether the hash was changed or removed. Without a hash, uv installs a file unverified."""
    return old.hash is not None and old.hash != new.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualRelease:
    """A new release that differs from the packages of the base.

    `has_new_source`: a new package from a source that the base does not use. The other fields are names of files: those on a host where
    the index has no other files, those without a hash although the index has hashes, and duplicates.
    """

    required: RequiredPackage
    has_new_source: bool
    on_other_host: tuple[str, ...]
    without_hash: tuple[str, ...]
    duplicated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePackages:
    """The packages of the base: their names, their sources, and the files of their indexes."""

    names: frozenset[str]
    sources: frozenset[str]
    indexes: Mapping[str, IndexFiles]


def base_packages(lock: Lockfile) -> BasePackages:
    """Return the packages of the lock of the base. PyPI always counts as a used source."""
    return BasePackages(
        names=frozenset(canonicalize_name(package.name) for package in lock.package),
        sources=frozenset((f"registry {PYPI}", *map(version_independent_source, lock.package))),
        indexes=files_by_index(lock.package),
    )


def unusual_release(new: RequiredPackage, base: BasePackages) -> UnusualRelease | None:
    """Return how a new release differs from the packages of the base, or None if it does not. Without a base, no source is new."""
    package = new.package
    registry = package.source.registry
    is_new_package = bool(base.names) and canonicalize_name(package.name) not in base.names
    index = base.indexes.get(normalized_index(registry)) if registry else None
    files = package.files if registry else ()
    expects_hashes = not (index and index.has_unhashed)
    unusual = UnusualRelease(
        required=new,
        has_new_source=is_new_package and version_independent_source(package) not in base.sources,
        on_other_host=tuple(file.name for file in files if index and file_host(file) not in index.hosts),
        without_hash=tuple(file.name for file in files if expects_hashes and file_host(file) and file.hash is None),
        duplicated=duplicate_files(package),
    )
    is_unusual = unusual.has_new_source or unusual.on_other_host or unusual.without_hash or unusual.duplicated
    return unusual if is_unusual else None

"""The differences between two locks: added, removed and changed packages, and their sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import LockedPackage, Lockfile, PackageSource
from evenfall.supply_chain.review.release_changes import (
    ChangedRelease,
    UnusualRelease,
    base_packages,
    changed_releases,
    unusual_release,
)
from evenfall.supply_chain.review.releases import release_key, releases_by_name
from evenfall.supply_chain.review.sources import normalized_source, version_independent_source
from evenfall.supply_chain.versions import parse_version


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """A package (by normalized name) whose releases differ between the locks.

    `before` and `after` are all releases in the old and the new lock, `new` are those that only the new lock contains.
    """

    name: str
    before: tuple[LockedPackage, ...]
    after: tuple[LockedPackage, ...]
    new: tuple[RequiredPackage, ...]

    @property
    def kind(self) -> str:
        """Added, removed, upgraded or downgraded; changed if the versions can't be compared, or if the highest is the same."""
        if not self.before or not self.after:
            return "added" if self.after else "removed"
        before, after = (
            [parse_version(package.version or "") for package in packages] for packages in (self.before, self.after)
        )
        if None in before or None in after:
            return "changed"
        old, new = max(filter(None, before)), max(filter(None, after))
        return "upgraded" if new > old else "downgraded" if new < old else "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange:
    """A package whose source changed together with its version, or from or to a local folder."""

    package: LockedPackage
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDiff:
    """All differences, sorted by package name. `new_folders` are packages that the old lock does not build from the same folder."""

    changes: tuple[PackageChange, ...] = ()
    changed_releases: tuple[ChangedRelease, ...] = ()
    unusual_releases: tuple[UnusualRelease, ...] = ()
    source_changes: tuple[SourceChange, ...] = ()
    new_folders: tuple[LockedPackage, ...] = ()

    @property
    def new_releases(self) -> tuple[RequiredPackage, ...]:
        """The releases that only the new lock contains."""
        return tuple(required for change in self.changes for required in change.new)


def diff_locks(before: Lockfile, after: Lockfile) -> LockDiff:
    """Return the differences. Raises `EvenfallError` (usage) if a lock does not contain a package that another one needs."""
    old, new = releases_by_name(before), releases_by_name(after)
    pairs = [(name, old.get(name, ()), new.get(name, ())) for name in sorted(old.keys() | new.keys())]
    changes = tuple(change for name, *pair in pairs if (change := _package_change(name, *pair)))
    base = base_packages(before)
    unusual = (unusual_release(release, base) for change in changes for release in change.new)
    moved = (_source_change(*pair) for _, *pair in pairs)
    return LockDiff(
        changes=changes,
        changed_releases=tuple(changed for _, *pair in pairs for changed in changed_releases(*pair)),
        unusual_releases=tuple(filter(None, unusual)),
        source_changes=(*filter(None, moved), *_folder_changes(before, after)),
        new_folders=tuple(_new_folders(before, after)),
    )


def _package_change(
    name: str, before: tuple[RequiredPackage, ...], after: tuple[RequiredPackage, ...]
) -> PackageChange | None:
    old_keys = {release_key(release.package) for release in before}
    if old_keys == {release_key(release.package) for release in after}:
        return None
    return PackageChange(
        name=name,
        before=tuple(release.package for release in before),
        after=tuple(release.package for release in after),
        new=tuple(release for release in after if release_key(release.package) not in old_keys),
    )


def _source_change(before: tuple[RequiredPackage, ...], after: tuple[RequiredPackage, ...]) -> SourceChange | None:
    """Return the change of a package with a new version from a source that had none of its versions before."""
    old_sources = {version_independent_source(release.package) for release in before}
    old_keys = {release_key(release.package) for release in before}
    for release in after:
        source = version_independent_source(release.package)
        if old_sources and release_key(release.package) not in old_keys and source not in old_sources:
            return SourceChange(package=release.package, before=", ".join(sorted(old_sources)), after=source)
    return None


def _folder_changes(before: Lockfile, after: Lockfile) -> Iterator[SourceChange]:
    """Yield the packages that changed from a local folder to another kind of source, or the other way round.

    A lock may contain both, for different systems.
    """
    old = _sources(before)
    for package in after.package:
        sources = old.get(canonicalize_name(package.name), ())
        if sources and all(source.is_folder is not package.source.is_folder for source in sources):
            yield SourceChange(
                package=package,
                before=", ".join(map(normalized_source, sources)),
                after=normalized_source(package.source),
            )


def _new_folders(before: Lockfile, after: Lockfile) -> Iterator[LockedPackage]:
    """Yield the packages from a new folder, except the project itself and the packages that `_folder_changes` yields."""
    old = _sources(before)
    for package in after.package:
        sources = old.get(canonicalize_name(package.name), ())
        folders = {source.folder for source in sources if source.folder}
        if package.source.is_folder and (folders or not sources) and package.source.folder not in {".", *folders}:
            yield package


def _sources(lock: Lockfile) -> Mapping[str, tuple[PackageSource, ...]]:
    sources: dict[str, tuple[PackageSource, ...]] = {}
    for package in lock.package:
        name = canonicalize_name(package.name)
        sources[name] = (*sources.get(name, ()), package.source)
    return sources

"""The differences between two locks: added, removed and changed packages, and their sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from evenfall.findings import Finding
from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.supply_chain.review.release_rules import (
    base_packages,
    changed_release_findings,
    new_release_findings,
    source_changed,
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
class LockDiff:
    """All differences, and findings about changed and new releases and their sources, sorted by package name.

    `new_folders` are packages that the old lock does not build from the same folder.
    """

    changes: tuple[PackageChange, ...] = ()
    findings: tuple[Finding, ...] = ()
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
    new_releases = [release.package for change in changes for release in change.new]
    return LockDiff(
        changes=changes,
        findings=(
            *(found for _, *pair in pairs for found in changed_release_findings(*pair)),
            *(found for package in new_releases for found in new_release_findings(package, base)),
            *filter(None, (_source_change(*pair) for _, *pair in pairs)),
            *_folder_changes(before, after),
        ),
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


def _source_change(before: tuple[RequiredPackage, ...], after: tuple[RequiredPackage, ...]) -> Finding | None:
    """Return the change of a package with a new version from a source that had none of its versions before."""
    old_sources = {version_independent_source(release.package) for release in before}
    old_keys = {release_key(release.package) for release in before}
    for release in after:
        source = version_independent_source(release.package)
        if old_sources and release_key(release.package) not in old_keys and source not in old_sources:
            return source_changed(release.package, ", ".join(sorted(old_sources)), source)
    return None


def _folder_changes(before: Lockfile, after: Lockfile) -> Iterator[Finding]:
    """Yield the packages that changed from a local folder to another kind of source, or the other way round.

    A lock may contain both, for different systems.
    """
    old = _sources(before)
    for package in after.package:
        sources = old.get(canonicalize_name(package.name), ())
        if sources and all(source.is_folder is not package.source.is_folder for source in sources):
            yield source_changed(package, ", ".join(map(normalized_source, sources)), normalized_source(package.source))


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

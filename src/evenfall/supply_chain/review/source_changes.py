"""Packages that come from elsewhere, and those that are built from a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.utils import canonicalize_name

from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.supply_chain.review.releases import release
from evenfall.supply_chain.review.sources import place, told


def moved(
    before: tuple[RequiredPackage, ...], after: tuple[RequiredPackage, ...]
) -> tuple[LockedPackage, str, str] | None:
    """A new version from a place that no version came from before."""
    places = {place(each.package) for each in before}
    known = {release(each.package) for each in before}
    for new in after:
        if places and release(new.package) not in known and place(new.package) not in places:
            return new.package, ", ".join(sorted(places)), place(new.package)
    return None


def between_folders(before: Lockfile, after: Lockfile) -> Iterator[tuple[LockedPackage, str, str]]:
    """From a folder to elsewhere, or to a folder from elsewhere; a lock may hold one of each, for different systems."""
    old = _sources(before)
    for package in after.package:
        was = old.get(canonicalize_name(package.name), ())
        if was and all(each.is_folder is not package.source.is_folder for each in was):
            yield package, ", ".join(map(told, was)), told(package.source)


def built(before: Lockfile, after: Lockfile) -> Iterator[LockedPackage]:
    """Neither the project itself nor what came from elsewhere before."""
    old = _sources(before)
    for package in after.package:
        was = old.get(canonicalize_name(package.name), ())
        folders = {each.folder for each in was if each.folder}
        if package.source.is_folder and (folders or not was) and package.source.folder not in {".", *folders}:
            yield package


def _sources(lock: Lockfile) -> Mapping[str, tuple[PackageSource, ...]]:
    named: dict[str, tuple[PackageSource, ...]] = {}
    for package in lock.package:
        name = canonicalize_name(package.name)
        named[name] = (*named.get(name, ()), package.source)
    return named

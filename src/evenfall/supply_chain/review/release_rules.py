"""Findings about releases in both locks whose source or files differ, and about new releases that are unusual for the base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.findings import Finding, Location, Severity
from evenfall.package_index.address import shown_addresses
from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import PYPI, DistributionFile, LockedPackage, Lockfile
from evenfall.project.toml import lock_command
from evenfall.supply_chain.review.releases import duplicate_files, files_by_name, printed_version, release_key
from evenfall.supply_chain.review.sources import (
    IndexFiles,
    file_host,
    files_by_index,
    normalized_index,
    normalized_source,
    version_independent_source,
)
from evenfall.text import and_more

BASE = "BASE"
"""The word for the revision of the base in a command; `run_review` replaces it."""


def release_finding(
    code: str, package: LockedPackage, reason: str, severity: Severity = Severity.ERROR, fix: str | None = None
) -> Finding:
    """Return a finding about a locked release, with the command that restores the lock of the base unless there is a better `fix`."""
    lock = package.lock
    restore = f"find out who changed it and why, or: git restore --source {BASE} {lock} && {lock_command(Path(lock))}"
    return Finding(
        code=code,
        severity=severity,
        location=Location(path=lock, line=package.line),
        reason=f"{package.name} {printed_version(package)}: {reason}",
        fix=restore if fix is None else fix,
    )


def source_changed(package: LockedPackage, before: str, after: str) -> Finding:
    """Return the finding that a package comes from another source, given as `normalized_source` does."""
    old, new = _printed(before), _printed(after)
    change = f"from {old} to {new}" if old != new else f"in the query of {new}"
    return release_finding("review-source-changed", package, f"the source changed {change}")


def _printed(source: str) -> str:
    return shown_addresses(source) or "an unknown source"


def changed_release_findings(before: Iterable[RequiredPackage], after: Iterable[RequiredPackage]) -> Iterator[Finding]:
    """Yield findings about the releases of one package that are in both locks and differ.

    A lock with forks may contain a release several times. It did not change if it is equal to any of them.
    """
    for new in (release.package for release in after):
        same = (old.package for old in before if release_key(old.package) == release_key(new))
        changes = [[*_compare(old, new)] for old in same]
        if changes and all(changes):
            yield from changes[0]


def _compare(old: LockedPackage, new: LockedPackage) -> Iterator[Finding]:
    """Yield findings about the differences between the same release in both locks. Without a hash, uv installs a file unverified."""
    before, after = files_by_name(old), files_by_name(new)
    hosts = {*map(file_host, before.values())}
    pairs = [(before[key], file) for key, file in after.items() if key in before]
    replaced = [file.name for earlier, file in pairs if earlier.hash is not None and earlier.hash != file.hash]
    removed = [file.name for key, file in before.items() if key not in after]
    added = [file.name for key, file in after.items() if key not in before]
    sources = normalized_source(old.source), normalized_source(new.source)
    if sources[0] != sources[1]:
        yield source_changed(new, *sources)
    if replaced:
        reason = f"files with the same name have a different hash, which no index allows: {and_more(replaced)}"
        yield release_finding("review-hash-changed", new, reason)
    if old.wheels and not new.wheels:
        reason = f"no wheel is left, so every installation runs the build; removed: {and_more(removed)}"
        yield release_finding("review-file-removed", new, reason)
    elif removed:
        reason = f"files were removed: {and_more(removed)} (a narrower requires-python also removes files)"
        yield release_finding("review-file-removed", new, reason, Severity.WARNING)
    yield from _duplicates(new)
    if moved := _on_other_host(after.values(), hosts):
        reason = f"files are on a different host than before: {and_more(moved)}"
        yield release_finding("review-source-changed", new, reason)
    elif added:
        reason = f"files were added to an existing release: {and_more(added)}"
        fix = "check that its index has the files"
        yield release_finding("review-file-added", new, reason, Severity.WARNING, fix=fix)


def _on_other_host(files: Iterable[DistributionFile], hosts: set[str]) -> list[str]:
    return [file.name for file in files if file_host(file) not in hosts]


def _duplicates(package: LockedPackage) -> Iterator[Finding]:
    if names := duplicate_files(package):
        reason = f"file names occur twice, and uv uses the first file: {and_more(names)}"
        yield release_finding("review-file-duplicated", package, reason)


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


def new_release_findings(package: LockedPackage, base: BasePackages) -> Iterator[Finding]:
    """Yield how a new release differs from the packages of the base: a new source, files on another host than the other files of its
    index or without the hashes that these have, and duplicates. Without a base, no source is new.
    """
    source = version_independent_source(package)
    if base.names and canonicalize_name(package.name) not in base.names and source not in base.sources:
        reason = f"is new and comes from {_printed(source)}, which no package of the base uses"
        yield release_finding("review-source-changed", package, reason, Severity.WARNING)
    index = base.indexes.get(normalized_index(package.source.registry or ""))
    files = package.files if package.source.registry else ()
    if index and (moved := _on_other_host(files, index.hosts)):
        reason = f"files are on a different host than the other files of the index: {and_more(moved)}"
        yield release_finding("review-source-changed", package, reason)
    unverified = [file.name for file in files if file_host(file) and file.hash is None]
    if unverified and not (index and index.has_unhashed):
        reason = f"files have no hash, so uv can't verify them: {and_more(unverified)}"
        yield release_finding("review-hash-missing", package, reason)
    yield from _duplicates(package)

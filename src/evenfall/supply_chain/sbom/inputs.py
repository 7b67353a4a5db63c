"""The edge: what a document is made from, read from the project, the environment and the index."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.commits import commit_time
from evenfall.project import lockfile
from evenfall.project.about import read_about
from evenfall.project.current_lock import read_project_lock
from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.find_metadata import MetadataSources, find_metadata
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.supply_chain.sbom.document import Request, lock_digest
from evenfall.supply_chain.sbom.scope import sbom_scope

LATEST = 253402300799
"""9999-12-31, in seconds since 1970: the last time that can be written."""
MOST = 5000
"""Packages of a lock: cyclonedx-python-lib compares each with each, which takes a minute for so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A locked package of which nobody could say more than the lock does, and why."""

    package: LockedPackage
    reason: str


def from_lock(root: Path, project: Path, *, runtime: bool) -> Request:
    """What the folder of a project and the lock in `root` alone say.

    Raises `EvenfallError` (usage) as their readers do, and for a lock of too many packages.
    """
    path = root / lockfile.NAME
    lock = read_project_lock(path)
    if len(lock.package) > MOST:
        raise EvenfallError(
            f"{lockfile.NAME}: it holds {len(lock.package)} packages, and a document {MOST} at most",
            hint="evenfall licenses, which takes any number",
        )
    return Request(
        about=read_about(project),
        lock=lock,
        lock_digest=lock_digest(path.read_bytes()),
        tool_version=version("evenfall"),
        time=_time(root),
        runtime=runtime,
    )


def metadata_of(request: Request, sources: MetadataSources) -> tuple[dict[int, PackageMetadata], tuple[Gap, ...]]:
    """What the packages of the document say of themselves, by their place in the lock; what is built here need not be installed."""
    used = sbom_scope(request.lock, request.about.name, runtime=request.runtime)
    places = (used.root, *used.usages)
    packages = [request.lock.package[place] for place in places]
    found = find_metadata(packages, sources)
    known = {place: each for place, each in zip(places, found, strict=True) if isinstance(each, PackageMetadata)}
    gaps = tuple(
        Gap(package=package, reason=each.reason)
        for package, each in zip(packages, found, strict=True)
        if isinstance(each, MissingMetadata) and not package.source.is_folder
    )
    return known, gaps


def _time(root: Path) -> int | None:
    """https://reproducible-builds.org/specs/source-date-epoch/, else the last commit's; `None` before any."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        time = commit_time(root)
        return None if time is None else min(time, LATEST)  # git takes any, CycloneDX none after the year 9999
    if not (epoch.isascii() and epoch.isdecimal()) or len(epoch) > len(str(LATEST)) or int(epoch) > LATEST:
        raise EvenfallError(
            f"SOURCE_DATE_EPOCH: {epoch[:40]!r} is no number of seconds since 1970", hint="unset SOURCE_DATE_EPOCH"
        )
    return int(epoch)

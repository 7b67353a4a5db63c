"""What locked packages say of themselves: where they are installed, in the folder they are built from, from memory, from the index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from evenfall.atomic_write import write_atomically
from evenfall.project.lockfile import LockedPackage
from evenfall.project.user_cache import user_cache
from evenfall.supply_chain.metadata.candidates import REMOTE, candidates
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.supply_chain.metadata.pyproject_metadata import folder_metadata
from evenfall.supply_chain.metadata.site_packages import installed_metadata, look_into

__all__ = ["MetadataSources", "MissingMetadata", "PackageMetadata", "find_metadata"]

NOT_ASKED = MissingMetadata("it is not installed here, and the index was not to be asked")


def _nobody(_line: str) -> None:
    """Nobody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSources:
    """Where metadata may be had.

    `root` is the lock's folder, `environments` are Pythons or folders of environments, `cache` is the user's own by default; where
    `network` lets the index be asked, `tell` is given a line first.
    """

    root: Path
    environments: Sequence[Path] = ()
    network: bool = True
    cache: Path | None = None
    tell: Callable[[str], object] = _nobody


def find_metadata(
    packages: Sequence[LockedPackage], sources: MetadataSources
) -> tuple[PackageMetadata | MissingMetadata, ...]:
    """The metadata of each package, in the same order, or why it could not be found out.

    What one distribution file says never changes, so it is remembered by what the lock states of it. Raises `EvenfallError` (usage)
    for a place that is no environment, and for a broken netrc.
    """
    installed = look_into(sources.environments)
    memory = sources.cache or user_cache() / "metadata"
    found: list[PackageMetadata | MissingMetadata | None] = [
        installed_metadata(package, installed) or folder_metadata(package, sources.root) or _recalled(package, memory)
        for package in packages
    ]
    known = [
        NOT_ASKED if metadata is None and not sources.network and _is_asked(package) else metadata
        for package, metadata in zip(packages, found, strict=True)
    ]
    missing = [package for package, metadata in zip(packages, known, strict=True) if metadata is None]
    fetched = iter(_fetched(missing, sources, memory))
    return tuple(metadata or next(fetched) for metadata in known)


def _is_asked(package: LockedPackage) -> bool:
    """Whether a server is asked for it."""
    return any((file.url or "").startswith(REMOTE) for file in candidates(package))


def _fetched(
    packages: Sequence[LockedPackage], sources: MetadataSources, memory: Path
) -> list[PackageMetadata | MissingMetadata]:
    if not packages:
        return []
    if number := sum(map(_is_asked, packages)):
        sources.tell(f"metadata: asking the index for {number} package{'s' if number != 1 else ''}")
    from evenfall.supply_chain.metadata.fetched import fetch_all  # httpx is slow to import

    fetched = fetch_all(packages, sources.root)
    for package, metadata in zip(packages, fetched, strict=True):
        if isinstance(metadata, PackageMetadata):
            _remember(package, metadata, memory)
    return fetched


def _remembered_at(package: LockedPackage, memory: Path) -> Path | None:
    """Where the metadata of a package is remembered: by all that the lock states of the files that are asked, if it is address and hash.

    The hash alone would not do. A wheel is read by ranges, which can't be held against it, so a lock that claims the hash of
    another file could speak for that file in every project of this user.
    """
    files = candidates(package)
    if not files or not all(file.url and file.hash for file in files):
        return None
    key = msgspec.json.encode((canonicalize_name(package.name), package.version, files))
    return memory / f"{hashlib.sha256(key).hexdigest()}.json"


def _recalled(package: LockedPackage, memory: Path) -> PackageMetadata | None:
    place = _remembered_at(package, memory)
    try:
        return msgspec.json.decode(place.read_bytes(), type=PackageMetadata) if place else None
    except (OSError, msgspec.DecodeError):  # not remembered yet, or by an older evenfall
        return None


def _remember(package: LockedPackage, metadata: PackageMetadata, memory: Path) -> None:
    """A memory that can't be written costs time and nothing else."""
    place = _remembered_at(package, memory)
    if place is None:
        return
    with suppress(OSError):
        write_atomically(place, msgspec.json.encode(metadata))

"""The user's cache of fetched metadata. A distribution never changes, so an entry is never out of date."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from evenfall.atomic_write import write_atomically
from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.fetch_metadata import candidates
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata


class MetadataCache:
    """A folder with a file for each package whose distributions the lock identifies by URL and hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, package: LockedPackage) -> PackageMetadata | None:
        """Return the metadata of a package, or None if it is not in the cache."""
        path = self._path(package)
        try:
            return msgspec.json.decode(path.read_bytes(), type=PackageMetadata) if path else None
        except (OSError, msgspec.DecodeError):  # missing, or written by another version of Evenfall
            return None

    def write(self, package: LockedPackage, metadata: PackageMetadata) -> None:
        """Add the metadata of a package, if the lock identifies it and the folder is writable."""
        if path := self._path(package):
            with suppress(OSError):
                write_atomically(path, msgspec.json.encode(metadata))

    def _path(self, package: LockedPackage) -> Path | None:
        """Return the path of a package's entry, or None if the lock does not identify its files by URL and hash.

        The path depends on name, version, index, URLs and hashes. The hashes alone are not enough, because they do not cover a metadata
        file from an index: a lock with a malicious URL and the hash of another distribution could then replace the metadata of that
        distribution in all projects of this user.
        """
        files = candidates(package)
        if not files or not all(file.url and file.hash for file in files):
            return None
        key = msgspec.json.encode((canonicalize_name(package.name), package.version, package.source.registry, files))
        return self._folder / f"{hashlib.sha256(key).hexdigest()}.json"

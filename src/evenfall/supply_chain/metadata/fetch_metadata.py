"""Fetch the metadata of packages that are not installed: from the index, or from their distributions in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote
from urllib.request import url2pathname

from evenfall.package_index.address import is_remote
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.metadata.distribution_archive import check_hash, read_archive
from evenfall.supply_chain.metadata.package_metadata import (
    MetadataError,
    MissingMetadata,
    PackageMetadata,
    parse_metadata,
)
from evenfall.text import one_line

if TYPE_CHECKING:
    from evenfall.supply_chain.metadata.index_client import IndexClient

MAX_WHEELS = 2
"""The number of wheels of a package that are tried, because an index may have removed one."""
MAX_LENGTH = 100
"""The maximum number of characters of a name and version in an error message."""


def candidates(package: LockedPackage) -> tuple[DistributionFile, ...]:
    """Return the files from which the metadata can be read: the smallest wheels, then the sdist, whose metadata a build may change."""
    wheels = sorted(package.wheels, key=lambda file: (file.size or 0, file.name))[:MAX_WHEELS]
    return (*wheels, *([package.sdist] if package.sdist else []))


def needs_network(package: LockedPackage) -> bool:
    """Return whether one of the candidates is on a server."""
    return any(is_remote(file.url) for file in candidates(package))


def fetch_all(packages: Sequence[LockedPackage], root: Path) -> list[PackageMetadata | MissingMetadata]:
    """Return the metadata of each package, in the same order. `root` is the lock's folder.

    Raises `EvenfallError` as `IndexClient` does.
    """
    from evenfall.supply_chain.metadata.index_client import ask_all  # httpx is slow to import

    return ask_all(packages, root, lambda package, client: fetch(package, root, client))


def fetch(package: LockedPackage, root: Path, client: IndexClient) -> PackageMetadata | MissingMetadata:
    """Return the metadata from the first candidate that can be read, or the reason why the first one cannot be read."""
    reasons = []
    for file in candidates(package):
        try:
            metadata = parse_metadata(_content(file, package, root, client))
        except (MetadataError, OSError) as error:
            reasons.append(str(error))
            continue
        if metadata.describes(package):
            return metadata
        described = one_line(f"{metadata.name or 'no package'} {metadata.version}")
        reasons.append(f"{file.name} describes {described[:MAX_LENGTH]}".rstrip())
    if not reasons:
        reasons = [f"not installed here, and the lock has no file of it ({package.source})"]
    return MissingMetadata(one_line(reasons[0]))


def _content(file: DistributionFile, package: LockedPackage, root: Path, client: IndexClient) -> bytes:
    """Return the metadata file of the index if it has a valid one, or else that in the distribution. Raises `MetadataError`, `OSError`."""
    with suppress(MetadataError):  # the distribution itself can be checked against the lock
        if is_remote(file.url) and (content := client.metadata_file(file, package)):
            return content
    with open_distribution(file, package, root, client) as opened:
        return read_archive(opened, file.name)


@contextmanager
def open_distribution(
    file: DistributionFile, package: LockedPackage, root: Path, client: IndexClient
) -> Iterator[IO[bytes]]:
    """Open a distribution of a package. Raises `MetadataError` if it does not have the lock's hash, and `OSError`."""
    with client.download(file.url or "") if is_remote(file.url) else _open(root / _local_path(file, package)) as opened:
        if file.hash:  # uv does not check a file without a hash in the lock, either
            algorithm, _, digest = file.hash.partition(":")
            check_hash(opened, algorithm, digest, name=file.name)
        yield opened


def _open(path: Path) -> IO[bytes]:
    if not path.is_file():
        raise MetadataError(f"{path}: not found")
    return path.open("rb")


def _local_path(file: DistributionFile, package: LockedPackage) -> Path:
    """Return the path, relative to the lock's folder, of a file in a folder that is a registry, or of a path source."""
    if file.url or file.path is None:
        return _as_path(file.url or package.source.path or file.name)
    return _as_path(package.source.registry or "") / _as_path(file.path)


def _as_path(location: str) -> Path:
    if location.startswith("file://"):
        return Path(url2pathname(location.removeprefix("file://")))
    return Path(unquote(location))

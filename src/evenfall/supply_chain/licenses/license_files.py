"""The license files of packages whose metadata does not settle the license: in an environment, or in a small wheel."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from packaging.utils import canonicalize_name

from evenfall.project.lockfile import LockedPackage
from evenfall.project.user_cache import user_cache
from evenfall.supply_chain.licenses.detect_license import needs_license_file
from evenfall.supply_chain.metadata.distribution_archive import read_license_files, read_license_folder
from evenfall.supply_chain.metadata.fetch_metadata import candidates, needs_network, open_distribution
from evenfall.supply_chain.metadata.find_metadata import MetadataSources
from evenfall.supply_chain.metadata.local_metadata import find_site_packages
from evenfall.supply_chain.metadata.metadata_cache import MetadataCache
from evenfall.supply_chain.metadata.package_metadata import MetadataError, MissingMetadata, PackageMetadata
from evenfall.supply_chain.versions import same_version

if TYPE_CHECKING:
    from evenfall.supply_chain.metadata.index_client import IndexClient

MAX_WHEEL_BYTES = 8 << 20
"""The maximum number of bytes of a wheel that is downloaded for its license files alone."""
LicenseTexts = tuple[tuple[str, str], ...]
"""Names and contents."""


def add_license_files(
    packages: Sequence[LockedPackage], metadata: Sequence[PackageMetadata | MissingMetadata], sources: MetadataSources
) -> tuple[PackageMetadata | MissingMetadata, ...]:
    """Return the metadata, in the same order, with the license files of the packages whose other metadata is not enough.

    They are read from an environment, from the cache, or from a small wheel. Files that can't be read are left out, because the license
    is unknown without them, too.
    """
    site_packages = find_site_packages(sources.environments)
    cache = MetadataCache((sources.cache or user_cache() / "metadata") / "license-files")

    def find_texts(package: LockedPackage, client: IndexClient) -> LicenseTexts:
        cached = cache.read(package)
        if texts := _installed_texts(package, site_packages) or (cached.license_texts if cached else ()):
            return texts
        may_read = sources.network or not needs_network(package)
        if texts := _texts_in_wheel(package, sources.root, client) if may_read else ():
            cache.write(package, PackageMetadata(name=package.name, version="", license_texts=texts))
        return texts

    incomplete = {
        index: known
        for index, known in enumerate(metadata)
        if isinstance(known, PackageMetadata) and needs_license_file(known)
    }
    if not incomplete:
        return tuple(metadata)
    from evenfall.supply_chain.metadata.index_client import ask_all  # httpx is slow to import

    found = [*metadata]
    all_texts = ask_all([packages[index] for index in incomplete], sources.root, find_texts)
    for (index, known), texts in zip(incomplete.items(), all_texts, strict=True):
        found[index] = replace(known, license_texts=texts)
    return tuple(found)


def _installed_texts(package: LockedPackage, site_packages: Sequence[Path]) -> LicenseTexts:
    """Return nothing if the locked version is not installed."""
    for folder in (folder for site in site_packages for folder in site.glob("*.dist-info")):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        is_locked = canonicalize_name(name) == canonicalize_name(package.name)
        if is_locked and same_version(version, package.version or version):
            with suppress(OSError):
                return read_license_folder(folder)
    return ()


def _texts_in_wheel(package: LockedPackage, root: Path, client: IndexClient) -> LicenseTexts:
    """Return nothing without a small wheel."""
    for file in candidates(package)[:1]:
        if file.name.endswith(".whl") and (file.size or 0) <= MAX_WHEEL_BYTES:
            with suppress(MetadataError, OSError), open_distribution(file, package, root, client) as opened:
                return read_license_files(opened, file.name)
    return ()

"""The package URL of a locked package: https://github.com/package-url/purl-spec"""

from __future__ import annotations

import re
from pathlib import Path

from packageurl import PackageURL

from evenfall.errors import EvenfallError
from evenfall.package_index.address import shown_address
from evenfall.project.lockfile import PYPI, LockedPackage
from evenfall.project.toml import restore_command
from evenfall.supply_chain.sbom.sanitize import web_address

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)


def package_url(package: LockedPackage, version: str | None) -> PackageURL:
    """Return the package URL, with qualifiers for the source unless that is PyPI.

    The type of a package from a local file or folder is `generic`, because a package with the same name on PyPI may be a different one.
    Raises `EvenfallError` (usage) if the name is invalid by PEP 508.
    """
    if not _NAME.fullmatch(package.name):
        raise EvenfallError(
            f"{package.lock}:{package.line}: {package.name!r} is not a valid package name",
            hint=restore_command(Path(package.lock)),
        )
    source = package.source
    is_local_index = source.registry is not None and _index_address(source.registry) is None
    kind = "generic" if source.is_folder or source.path is not None or is_local_index else "pypi"
    return PackageURL(kind, None, package.name, version, _qualifiers(package), source.part or None)


def _qualifiers(package: LockedPackage) -> dict[str, str]:
    source = package.source
    if source.repository:
        repository, commit = shown_address(source.repository.address), source.repository.commit
        return {"vcs_url": f"git+{repository}@{commit}" if commit else f"git+{repository}"}
    if source.url is not None:
        return {"download_url": shown_address(source.url), **_checksum(package)}
    if source.path is not None:
        return {"file_name": source.path.replace("\\", "/").rpartition("/")[2], **_checksum(package)}
    index = _index_address(source.registry or PYPI)
    return {} if index in {None, PYPI} else {"repository_url": index or ""}


def _index_address(registry: str) -> str | None:
    """Return the address of a package index, or None if it is a folder."""
    address = web_address(shown_address(registry))
    return address.rstrip("/") if address else None


def _checksum(package: LockedPackage) -> dict[str, str]:
    return next(({"checksum": file.hash} for file in package.files if file.hash), {})

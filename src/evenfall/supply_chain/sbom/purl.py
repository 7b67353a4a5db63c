"""A package's own name in the world: https://github.com/package-url/purl-spec"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lockfile import PYPI, LockedPackage
from evenfall.supply_chain.sbom.sanitize import address
from evenfall.text import without_password

if TYPE_CHECKING:
    from packageurl import PackageURL

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)


def purl(package: LockedPackage, version: str | None) -> PackageURL:
    """The package URL, whose qualifiers say from where it is, unless that is the public index.

    What comes from this machine's files is `pkg:generic`: a package of that name on the public index may be another one.
    Raises `EvenfallError` (usage) for a name that is none (PEP 508), which uv does not write.
    """
    from packageurl import PackageURL

    if not _NAME.fullmatch(package.name):
        place = f"{lockfile.NAME}:{package.line}"
        raise EvenfallError(f"{place}: {package.name!r} is no package's name", hint=f"git restore {lockfile.NAME}")
    source = package.source
    folder = source.registry is not None and _web(source.registry) is None
    kind = "generic" if source.is_folder or source.path is not None or folder else "pypi"
    return PackageURL(kind, None, package.name, version, _qualifiers(package), source.part or None)


def _qualifiers(package: LockedPackage) -> dict[str, str]:
    source = package.source
    if source.repository:
        repository, commit = without_password(source.repository.address), source.repository.commit
        return {"vcs_url": f"git+{repository}@{commit}" if commit else f"git+{repository}"}
    if source.url is not None:
        return {"download_url": without_password(source.url), **_checksum(package)}
    if source.path is not None:
        return {"file_name": source.path.replace("\\", "/").rpartition("/")[2], **_checksum(package)}
    web = _web(source.registry or PYPI)
    return {} if web in {None, PYPI} else {"repository_url": web or ""}


def _web(registry: str) -> str | None:
    """An index's address; `None` where it is a folder."""
    found = address(registry)
    return found.rstrip("/") if found else None


def _checksum(package: LockedPackage) -> dict[str, str]:
    return next(({"checksum": file.hash} for file in package.files if file.hash), {})

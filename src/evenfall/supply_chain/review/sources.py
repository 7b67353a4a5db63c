"""The sources of packages and the hosts of their files, normalized so that different spellings of an address are equal."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import PYPI, DistributionFile, LockedPackage

PYPI_FILES = "https://files.pythonhosted.org"


def normalized_address(url: str) -> str:
    """Return an address without a password and a final slash, with scheme and host in lower case (RFC 3986, section 6.2).

    It is for comparisons, and must not be shown: it may contain a query, or be invalid.
    """
    host = _host(url)
    if not host:
        return url
    return f"{host}{urlsplit(url)._replace(scheme='', netloc='').geturl()}".rstrip("/")


def normalized_index(registry: str) -> str:
    """Return the address of an index for comparisons. Its query is a token, which may be replaced regularly."""
    return normalized_address(registry.partition("?")[0])


def _host(url: str) -> str:
    """Return scheme, host and port. Return an empty string if there is no host, or if programs may parse it differently."""
    try:
        parts = urlsplit(url)
        port = parts.port  # raises an error if it is not a number
    except ValueError:
        return ""
    if not parts.hostname or "\\" in url or not url.isprintable():
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default_port = {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{host}{f':{port}' if port and port != default_port else ''}"


def normalized_source(source: PackageSource) -> str:
    """Return a source as text for comparisons, such as `registry https://pypi.org/simple`."""
    fields = ((field, getattr(source, field)) for field in source.__struct_fields__)
    return ", ".join(
        f"{field} {normalized_index(value) if field == 'registry' else normalized_address(value)}"
        for field, value in fields
        if value
    )


def version_independent_source(package: LockedPackage) -> str:
    """Return the source of all versions of a package: a repository without the commit, the folder of a URL or path."""
    source = package.source
    if source.repository:
        subdirectory = f", subdirectory {source.part}" if source.part else ""
        return f"git {normalized_address(source.repository.address)}{subdirectory}"
    if source.url:
        folder = source.url.partition("?")[0].rpartition("/")[0]
        return f"url {normalized_address(folder.replace(package.version, '*') if package.version else folder)}"
    return f"path {source.path.rpartition('/')[0] or '.'}" if source.path else normalized_source(source)


def is_outside_repository(source: PackageSource, prefix: str) -> bool:
    """Return whether a package is built from a folder outside the repository, in which the project is at `prefix`."""
    path = source.folder or "."
    is_absolute = path.startswith("/") or re.match(r"[A-Za-z]:", path) is not None
    return is_absolute or posixpath.normpath(f"{prefix}{path}").split("/")[0] == ".."


def file_host(file: DistributionFile) -> str:
    """Return the host of a file, the whole address if it has no valid host, or an empty string for a local file."""
    return _host(file.url) or file.url if file.url else ""


@dataclass(slots=True)
class IndexFiles:
    """The hosts on which an index has its files, and whether it has files without a hash."""

    hosts: set[str] = field(default_factory=set)
    has_unhashed: bool = False


def files_by_index(packages: Iterable[LockedPackage]) -> Mapping[str, IndexFiles]:
    """Return the files of every index from which a package is locked, and of PyPI, which has one host."""
    indexes = {normalized_index(PYPI): IndexFiles(hosts={PYPI_FILES})}
    for package in packages:
        if package.source.registry:
            index = indexes.setdefault(normalized_index(package.source.registry), IndexFiles())
            index.hosts |= {*map(file_host, package.files)}
            index.has_unhashed |= any(file.hash is None for file in package.files)
    return indexes

"""Where packages and their files come from, so that two ways to write one place are the same."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import PYPI, DistributionFile, LockedPackage
from evenfall.text import without_password

PYPI_FILES = "https://files.pythonhosted.org"


def normal(url: str) -> str:
    """An address without a password, its scheme and host in small letters, no slash at the end (RFC 3986, section 6.2)."""
    server = _server(url)
    if not server:
        return without_password(url)
    return f"{server}{urlsplit(url)._replace(scheme='', netloc='').geturl()}".rstrip("/")


def _server(url: str) -> str:
    """Scheme, host and port; empty where there is none, or where readers don't agree on what it is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host or "\\" in url or not url.isprintable():
        return ""
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{host}{f':{port}' if port and port != usual else ''}"


def told(source: PackageSource) -> str:
    """A source in one way to write it, without a password."""
    kind, _, place = str(source).partition(" ")
    return f"{kind} {normal(place)}"


def place(package: LockedPackage) -> str:
    """Where it comes from, whichever version it is: of a repository without the commit, of an address or a path without the file."""
    source = package.source
    if source.repository:
        return f"git {normal(source.repository.address)}{f', subdirectory {source.part}' if source.part else ''}"
    if source.url:
        folder = source.url.rpartition("/")[0]
        return f"url {normal(folder.replace(package.version, '*') if package.version else folder)}"
    return f"path {source.path.rpartition('/')[0] or '.'}" if source.path else told(source)


def is_outside(source: PackageSource, prefix: str) -> bool:
    """Whether a package is built from a folder outside of the repository, in which the project lies at `prefix`."""
    path = source.folder or "."
    absolute = path.startswith("/") or re.match(r"[A-Za-z]:", path) is not None
    return absolute or posixpath.normpath(f"{prefix}{path}").split("/")[0] == ".."


def host(file: DistributionFile) -> str:
    """The server that a file lies on, with its port; nothing for a file of a folder, and all of an address that names none."""
    return _server(file.url) or file.url if file.url else ""


@dataclass(slots=True)
class Habits:
    """What an index does in a lock: the servers that its files lie on, and whether it has files without a hash."""

    hosts: set[str] = field(default_factory=set)
    unhashed: bool = False


def habits(packages: Iterable[LockedPackage]) -> Mapping[str, Habits]:
    """Of each index that a lock has packages from, and of PyPI, whose files lie on one server."""
    found = {normal(PYPI): Habits(hosts={PYPI_FILES})}
    for package in packages:
        if package.source.registry:
            own = found.setdefault(normal(package.source.registry), Habits())
            own.hosts |= {*map(host, package.files)}
            own.unhashed |= any(file.hash is None for file in package.files)
    return found

"""The edge to where advisories come from: a zip by URL or by path, taken whole and bounded."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from evenfall.errors import EvenfallError, Exit

SILENCE = 30.0
"""Seconds that a server may send nothing."""
_CHUNK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLimits:
    """How much is taken: bytes of the zip, seconds for it, records, bytes of one record and of all when they are unpacked.

    The public export for PyPI is far below each of them.
    """

    zipped: int = 256 * 2**20
    seconds: float = 600.0
    records: int = 1_000_000
    record: int = 16 * 2**20
    unpacked: int = 2 * 2**30


@dataclass(frozen=True, slots=True)
class AdvisorySource:
    """Where the zip is: an address (`http`, `https`), or an absolute path."""

    address: str

    @property
    def path(self) -> Path | None:
        """The path, where it is one."""
        return None if "://" in self.address else Path(self.address)

    @property
    def shown(self) -> str:
        """The source as it may be printed: without a password, and without a query, which may hold a token."""
        if self.path:
            return self.address.encode("utf-8", "backslashreplace").decode()
        parts = urlsplit(self.address)
        query = "?…" if parts.query else ""
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query}"

    @property
    def stamp(self) -> str:
        """What changes when the file does; nothing for an address, or where the file is not there."""
        try:
            found = self.path.stat() if self.path else None
        except OSError:
            return ""
        return f"{found.st_size}:{found.st_mtime_ns}" if found else ""


def parse_source(text: str, folder: Path) -> AdvisorySource:
    """What `database` says: an address, or a path that is relative to `folder`. Raises `EvenfallError` (usage) for another scheme."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if scheme is None:
        return AdvisorySource(str(_path(text, folder)))
    if scheme[1].lower() not in {"http", "https"} or not _host(text):
        raise EvenfallError(
            f"database: {scheme[0]}… is no address of http or https, and no path",
            hint="correct [tool.evenfall.audit] database, or --database",
        )
    return AdvisorySource(text)


def _path(text: str, folder: Path) -> Path:
    try:
        return folder.joinpath(Path(text).expanduser()).resolve()
    except (ValueError, RuntimeError, OSError) as error:  # a NUL, an unknown user, links in a circle
        raise EvenfallError(
            f"database: {text!r} is no path: {error}", hint="correct [tool.evenfall.audit] database, or --database"
        ) from error


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def take(source: AdvisorySource, target: IO[bytes], limits: DownloadLimits) -> str:
    """Copy the zip; its SHA-256 in hexadecimal digits.

    Raises `EvenfallError` (unknown): it is not there, the network is not, it breaks off, it is over a limit.
    """
    digest = hashlib.sha256()
    write = _Bounded(source, target, digest, limits)
    if source.path:
        _read(source.path, write)
    else:
        _download(source, write)
    return digest.hexdigest()


class _Bounded:
    """Writes what arrives, and stops what is too much or takes too long."""

    def __init__(
        self, source: AdvisorySource, target: IO[bytes], digest: hashlib._Hash, limits: DownloadLimits
    ) -> None:
        self._source, self._target, self._digest, self._limits = source, target, digest, limits
        self._bytes = 0
        self._until = time.monotonic() + limits.seconds

    def __call__(self, chunk: bytes) -> None:
        self._bytes += len(chunk)
        if self._bytes > self._limits.zipped:
            raise not_had(self._source, f"it is larger than {self._limits.zipped} bytes")
        if time.monotonic() > self._until:
            raise not_had(self._source, f"it took longer than {self._limits.seconds:.0f} seconds")
        self._digest.update(chunk)
        self._target.write(chunk)


def not_had(source: AdvisorySource, why: str) -> EvenfallError:
    """The error that says that there is no database, and what to do."""
    return EvenfallError(
        f"advisories: {source.shown}: {why}",
        hint="evenfall audit --update, where the network is there; or --database PATH of an OSV export for PyPI",
        exit_code=Exit.UNKNOWN,
    )


def _read(path: Path, write: _Bounded) -> None:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                write(chunk)
    except OSError as error:
        raise not_had(AdvisorySource(str(path)), error.strerror or "it can't be read") from error


def _download(source: AdvisorySource, write: _Bounded) -> None:
    from evenfall.supply_chain.http import HttpError, download, new_client  # httpx is slow to import

    try:
        with new_client(seconds=SILENCE) as client:
            for chunk in download(client, source.address):
                write(chunk)
    except HttpError as error:
        raise not_had(source, str(error)) from error

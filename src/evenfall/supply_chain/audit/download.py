"""The edge to the source of advisories: a zip file at a URL or a path, of which at most a bounded number of bytes is read."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.address import shown_address

TIMEOUT = 30.0
"""The number of seconds for which a server may send nothing."""
_CHUNK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLimits:
    """The limits, all far above the size of the public export for PyPI.

    `zipped` is the size of the zip file in bytes, `seconds` the time for its download, `records` the number of records, `record`
    and `unpacked` the unpacked size in bytes of one record and of all records.
    """

    zipped: int = 256 * 2**20
    seconds: float = 600.0
    records: int = 1_000_000
    record: int = 16 * 2**20
    unpacked: int = 2 * 2**30


@dataclass(frozen=True, slots=True)
class AdvisorySource:
    """The address of the zip file: a URL (`http`, `https`) or an absolute path."""

    address: str

    @property
    def path(self) -> Path | None:
        """The path, or None for a URL."""
        return None if "://" in self.address else Path(self.address)

    @property
    def printed(self) -> str:
        """The source as it may be shown."""
        return shown_address(self.address.encode("utf-8", "backslashreplace").decode())

    @property
    def stamp(self) -> str:
        """Size and modification time of a local file; empty for a URL or a missing file."""
        try:
            status = self.path.stat() if self.path else None
        except OSError:
            return ""
        return f"{status.st_size}:{status.st_mtime_ns}" if status else ""


def parse_source(text: str, folder: Path) -> AdvisorySource:
    """Return the source that `database` names: a URL, or a path relative to `folder`. Raises `EvenfallError` (usage) if it is neither."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if scheme is None:
        return AdvisorySource(str(_path(text, folder)))
    if scheme[1].lower() not in {"http", "https"} or not _host(text):
        raise _invalid(f"{scheme[0]}… is neither an http or https URL nor a path")
    return AdvisorySource(text)


def _path(text: str, folder: Path) -> Path:
    try:
        return folder.joinpath(Path(text).expanduser()).resolve()
    except (ValueError, RuntimeError, OSError) as error:  # a NUL, an unknown user, a loop of symbolic links
        raise _invalid(f"{text!r} is not a valid path: {error}") from error


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _invalid(problem: str) -> EvenfallError:
    return EvenfallError(f"database: {problem}", hint="correct [tool.evenfall.audit] database, or --database")


def copy_zip(source: AdvisorySource, target: IO[bytes], limits: DownloadLimits) -> str:
    """Copy the zip file to `target` and return its SHA-256 in hexadecimal digits.

    Raises `EvenfallError` (unknown) if it is missing or unreachable, breaks off, or exceeds a limit.
    """
    digest, size = hashlib.sha256(), 0
    deadline = time.monotonic() + limits.seconds
    with closing(_read(source.path) if source.path else _download(source)) as chunks:
        for chunk in chunks:
            size += len(chunk)
            if size > limits.zipped:
                raise unavailable(source, f"it is larger than {limits.zipped} bytes")
            if time.monotonic() > deadline:
                raise unavailable(source, f"the download took longer than {limits.seconds:.0f} seconds")
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def unavailable(source: AdvisorySource, reason: str) -> EvenfallError:
    """Return the error for a source that gives no advisories."""
    return EvenfallError(
        f"advisories: {source.printed}: {reason}",
        hint="evenfall audit --update with network access, or --database PATH of an OSV export for PyPI",
        exit_code=Exit.UNKNOWN,
    )


def _read(path: Path) -> Generator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise unavailable(AdvisorySource(str(path)), error.strerror or "it can't be read") from error


def _download(source: AdvisorySource) -> Generator[bytes]:
    from evenfall.package_index.http import HttpError, new_client, open_url  # httpx is slow to import

    try:
        with new_client(seconds=TIMEOUT) as client, open_url(client, source.address) as response:
            yield from response.iter_raw(_CHUNK)
    except HttpError as error:
        raise unavailable(source, str(error)) from error

"""Build an index from an OSV export (https://google.github.io/osv.dev/data/#data-dumps): completely, or not at all."""

from __future__ import annotations

import datetime
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

import msgspec

from evenfall.atomic_write import replacement
from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.page import parse_time
from evenfall.supply_chain.audit.advisories import Advisory, read_record
from evenfall.supply_chain.audit.advisory_index import FORMAT, AdvisoryIndex, index_path, read_index
from evenfall.supply_chain.audit.download import AdvisorySource, DownloadLimits, copy_zip, unavailable
from evenfall.supply_chain.audit.freshness import DAY, IndexOrigin

_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_LIMITS = DownloadLimits()


def build_index(
    source: AdvisorySource, folder: Path, now: datetime.datetime, limits: DownloadLimits = _LIMITS
) -> AdvisoryIndex:
    """Fetch the export and build its index in `folder`.

    An existing index stays until the new one is complete, and two processes can do this at once. Raises `EvenfallError`
    (unknown) if the zip file is unavailable (see `copy_zip`), invalid, truncated, too large or without advisories for PyPI, or
    if the index can't be written.
    """
    path = index_path(source, folder)
    try:
        with replacement(path) as part, part.with_name("zip").open("w+b") as file:
            fetched, stamp = _fetch_time(source, now), source.stamp
            digest = copy_zip(source, file, limits)
            advisories = read_zip(source, file, limits)
            origin = IndexOrigin(source=source.printed, sha256=digest, fetched=fetched, stamp=stamp)
            _write_index(part, advisories, origin, latest=now + DAY)
        return read_index(path)
    except (OSError, sqlite3.DatabaseError) as error:
        raise EvenfallError(
            f"advisories: {path}: the index can't be written: {error}",
            hint="free some space, or set XDG_CACHE_HOME to another folder",
            exit_code=Exit.UNKNOWN,
        ) from error


def _fetch_time(source: AdvisorySource, now: datetime.datetime) -> datetime.datetime:
    """Return the modification time of a local file, or `now`."""
    with suppress(OSError):
        if source.path:
            return datetime.datetime.fromtimestamp(source.path.stat().st_mtime, datetime.UTC)
    return now


def _write_index(path: Path, advisories: Iterable[Advisory], origin: IndexOrigin, latest: datetime.datetime) -> None:
    """Write the advisories and their origin, to which the counts and the newest modification time up to `latest` are added."""
    encode = msgspec.msgpack.Encoder().encode
    modified, records, packages = set(), set(), set()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")  # an incomplete file is thrown away
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("CREATE TABLE origin (body BLOB)")
        connection.execute("CREATE TABLE advisories (name TEXT, body BLOB)")
        for advisory in advisories:
            connection.execute("INSERT INTO advisories VALUES (?, ?)", (advisory.package, encode(advisory)))
            modified.add(advisory.modified)
            records.add(advisory.id)
            packages.add(advisory.package)
        connection.execute("CREATE INDEX by_name ON advisories (name)")
        newest = max((time for text in modified if (time := parse_time(text)) and time <= latest), default=None)
        origin = msgspec.structs.replace(origin, newest=newest, records=len(records), packages=len(packages))
        connection.execute("INSERT INTO origin VALUES (?)", (msgspec.json.encode(origin),))


def read_zip(source: AdvisorySource, file: IO[bytes], limits: DownloadLimits) -> Iterator[Advisory]:
    """Yield the advisories for PyPI in an OSV export, unpacking one record at a time in memory.

    Raises `EvenfallError` (unknown) if the file is not a zip file, is truncated or too large, contains a file that is not an OSV
    record, or has no advisory for PyPI.
    """
    is_empty = True
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in _checked_entries(source, archive, limits):
                try:
                    advisories = read_record(archive.read(entry))
                except (msgspec.MsgspecError, RecursionError) as error:
                    raise unavailable(source, f"{entry.filename} is not an OSV record: {error}") from error
                is_empty = is_empty and not advisories
                yield from advisories
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise unavailable(source, f"it is not a complete zip file: {error}") from error
    if is_empty:
        raise unavailable(source, "it has no advisory for PyPI")


def _checked_entries(source: AdvisorySource, archive: zipfile.ZipFile, limits: DownloadLimits) -> list[zipfile.ZipInfo]:
    """Return the records if their declared sizes are within the limits; `zipfile` never unpacks more than the declared size."""
    entries = [entry for entry in archive.infolist() if entry.filename.endswith(".json")]
    if any(entry.compress_type not in _COMPRESSIONS or entry.flag_bits & _ENCRYPTED for entry in entries):
        raise unavailable(source, "it is encrypted, or compressed in a way that OSV does not use")
    if len(entries) > limits.records:
        raise unavailable(source, f"it has more than {limits.records} records")
    if large := next((entry for entry in entries if entry.file_size > limits.record), None):
        raise unavailable(source, f"{large.filename} is larger than {limits.record} bytes when unpacked")
    if sum(entry.file_size for entry in entries) > limits.unpacked:
        raise unavailable(source, f"it is larger than {limits.unpacked} bytes when unpacked")
    return entries

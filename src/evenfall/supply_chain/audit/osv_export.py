"""The edge that makes an index of an OSV export: https://google.github.io/osv.dev/data/#data-dumps. Whole, or not at all."""

from __future__ import annotations

import datetime
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

import msgspec

from evenfall.atomic_write import replacement
from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.audit.advisories import Advisory, read_record
from evenfall.supply_chain.audit.database import FORMAT, AdvisoryIndex, index_path, read_index
from evenfall.supply_chain.audit.download import AdvisorySource, DownloadLimits, not_had, take
from evenfall.supply_chain.audit.freshness import DAY, IndexOrigin

_PLAIN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_LIMITS = DownloadLimits()


def build_index(
    source: AdvisorySource, folder: Path, now: datetime.datetime, limits: DownloadLimits = _LIMITS
) -> AdvisoryIndex:
    """Take the zip anew and make its index.

    The old index stays until the new one is whole, and two that do this at once don't meet. Raises `EvenfallError` (unknown)
    where the zip can't be had (see `take`), is none, is cut off, is too large, or does not hold advisories of PyPI; or where
    the index can't be written.
    """
    path = index_path(source, folder)
    try:
        with replacement(path) as part, part.with_name("zip").open("w+b") as file:
            fetched, stamp = _time_of(source, now), source.stamp
            digest = take(source, file, limits)
            advisories = read_zip(source, file, limits)
            known = {"source": source.shown, "sha256": digest, "fetched": fetched, "stamp": stamp}
            _build(part, advisories, known, latest=now + DAY)
        return read_index(path)
    except (OSError, sqlite3.DatabaseError) as error:
        raise EvenfallError(
            f"advisories: {path}: the index can't be written: {error}",
            hint="make room for it, or name another folder: XDG_CACHE_HOME",
            exit_code=Exit.UNKNOWN,
        ) from error


def _time_of(source: AdvisorySource, now: datetime.datetime) -> datetime.datetime:
    with suppress(OSError):
        if source.path:
            return datetime.datetime.fromtimestamp(source.path.stat().st_mtime, datetime.UTC)
    return now


def _build(path: Path, advisories: Iterable[Advisory], known: Mapping[str, object], latest: datetime.datetime) -> None:
    encode = msgspec.msgpack.Encoder().encode
    changed, records, packages = set(), set(), set()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")  # what is not whole is made anew
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("CREATE TABLE origin (body BLOB)")
        connection.execute("CREATE TABLE advisories (name TEXT, body BLOB)")
        for advisory in advisories:
            connection.execute("INSERT INTO advisories VALUES (?, ?)", (advisory.package, encode(advisory)))
            changed.add(advisory.modified)
            records.add(advisory.id)
            packages.add(advisory.package)
        connection.execute("CREATE INDEX by_name ON advisories (name)")
        newest = max((at for text in changed if (at := _read_time(text)) and at <= latest), default=None)
        told = {"newest": newest, "records": len(records), "packages": len(packages), **known}
        origin = msgspec.convert(told, IndexOrigin)
        connection.execute("INSERT INTO origin VALUES (?)", (msgspec.json.encode(origin),))


def _read_time(text: str) -> datetime.datetime | None:
    """A time as OSV writes it (RFC 3339, in UTC), or `None`."""
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


def read_zip(source: AdvisorySource, file: IO[bytes], limits: DownloadLimits) -> Iterator[Advisory]:
    """What an OSV export says of PyPI. Nothing is unpacked to disk, and no more than a record is in memory.

    Raises `EvenfallError` (unknown): no zip, cut off, too large, a file in it that is no record, nothing of PyPI.
    """
    found = False
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in _checked(source, archive, limits):
                try:
                    advisories = read_record(archive.read(entry))
                except (msgspec.MsgspecError, RecursionError) as error:
                    raise not_had(source, f"{entry.filename} is no OSV record: {error}") from error
                found = found or bool(advisories)
                yield from advisories
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise not_had(source, f"it is no whole zip: {error}") from error
    if not found:
        raise not_had(source, "it holds no advisory of PyPI")


def _checked(source: AdvisorySource, archive: zipfile.ZipFile, limits: DownloadLimits) -> list[zipfile.ZipInfo]:
    """The records, when all that the zip declares is within bounds; `zipfile` reads no more of a file than was declared."""
    entries = [entry for entry in archive.infolist() if entry.filename.endswith(".json")]
    if any(entry.compress_type not in _PLAIN or entry.flag_bits & _ENCRYPTED for entry in entries):
        raise not_had(source, "it is encrypted, or packed in a way that OSV does not use")
    if len(entries) > limits.records:
        raise not_had(source, f"it holds more than {limits.records} records")
    if large := next((entry for entry in entries if entry.file_size > limits.record), None):
        raise not_had(source, f"{large.filename} unpacks to more than {limits.record} bytes")
    if sum(entry.file_size for entry in entries) > limits.unpacked:
        raise not_had(source, f"it unpacks to more than {limits.unpacked} bytes")
    return entries

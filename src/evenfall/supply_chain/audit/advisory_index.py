"""The edge to the index of advisories: one SQLite file per source, which is queried by package name."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.download import AdvisorySource
from evenfall.supply_chain.audit.freshness import IndexOrigin

FORMAT = 4
"""The format of the index file; a file of another format is ignored."""


class AdvisoryIndex:
    """An index file that is open for reading."""

    def __init__(self, connection: sqlite3.Connection, origin: IndexOrigin) -> None:
        self._connection = connection
        self.origin = origin

    def advisories(self, names: Iterable[str]) -> Mapping[str, tuple[Advisory, ...]]:
        """Return the advisories of packages by normalized name (PEP 503). Raises `EvenfallError` (unknown) if the index is damaged."""
        decode = msgspec.msgpack.Decoder(Advisory).decode
        query = "SELECT body FROM advisories WHERE name = ?"
        try:
            return {name: tuple(decode(body) for (body,) in self._connection.execute(query, (name,))) for name in names}
        except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
            raise EvenfallError(
                f"advisories: the index is damaged: {error}", hint="evenfall audit --update", exit_code=Exit.UNKNOWN
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def index_path(source: AdvisorySource, folder: Path) -> Path:
    """Return the path in `folder` of the index of a source."""
    digest = hashlib.sha256(source.address.encode("utf-8", "surrogateescape")).hexdigest()
    return folder / f"{digest[:16]}.sqlite"


def open_index(source: AdvisorySource, folder: Path) -> AdvisoryIndex | None:
    """Return the index of a source; None if there is no readable one, or if the local file that it was built from has changed."""
    try:
        index = read_index(index_path(source, folder))
    except sqlite3.DatabaseError:
        return None
    if source.path and source.stamp != index.origin.stamp:
        index.close()
        return None
    return index


def read_index(path: Path) -> AdvisoryIndex:
    """Return the index in a file. Raises `sqlite3.DatabaseError` if the file is not an index of this format."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (origin,) = connection.execute("SELECT body FROM origin").fetchone() if version == FORMAT else (b"",)
        return AdvisoryIndex(connection, msgspec.json.decode(origin, type=IndexOrigin))
    except (sqlite3.DatabaseError, msgspec.MsgspecError, TypeError) as error:
        connection.close()
        raise sqlite3.DatabaseError(f"{path}: not an index of format {FORMAT}") from error

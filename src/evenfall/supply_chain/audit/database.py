"""The edge to the index of advisories: one file for one source, looked up by a package's name."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.download import AdvisorySource
from evenfall.supply_chain.audit.freshness import IndexOrigin

FORMAT = 2
"""Of the index; one of another format counts as none."""


class AdvisoryIndex:
    """An index that is there."""

    def __init__(self, connection: sqlite3.Connection, origin: IndexOrigin) -> None:
        self._connection = connection
        self.origin = origin

    def of(self, names: Iterable[str]) -> Mapping[str, tuple[Advisory, ...]]:
        """The advisories of those packages, by their normalized names (PEP 503). Raises `EvenfallError` (unknown): it is damaged."""
        found: dict[str, list[Advisory]] = {}
        for name, advisory in self._rows("SELECT name, body FROM advisories WHERE name = ?", names):
            found.setdefault(name, []).append(advisory)
        return {name: tuple(advisories) for name, advisories in found.items()}

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _rows(self, query: str, names: Iterable[str]) -> Iterator[tuple[str, Advisory]]:
        decoder = msgspec.msgpack.Decoder(Advisory)
        try:
            for wanted in names:
                for name, body in self._connection.execute(query, (wanted,)):
                    yield name, decoder.decode(body)
        except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
            raise EvenfallError(
                f"advisories: the index is damaged: {error}", hint="evenfall audit --update", exit_code=Exit.UNKNOWN
            ) from error


def index_path(source: AdvisorySource, folder: Path) -> Path:
    """The file in `folder` that is the index of that source, and of no other."""
    digest = hashlib.sha256(source.address.encode("utf-8", "surrogateescape")).hexdigest()
    return folder / f"{digest[:16]}.sqlite"


def open_index(source: AdvisorySource, folder: Path) -> AdvisoryIndex | None:
    """The index of that source; `None` where there is none that can be read, or where the file that it was made of has changed."""
    try:
        database = read_index(index_path(source, folder))
    except sqlite3.DatabaseError:
        return None
    if source.path and source.stamp != database.origin.stamp:
        database.close()
        return None
    return database


def read_index(path: Path) -> AdvisoryIndex:
    """An index by its file. Raises `sqlite3.DatabaseError`: none of this format."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (told,) = connection.execute("SELECT body FROM origin").fetchone() if version == FORMAT else (b"",)
        return AdvisoryIndex(connection, msgspec.json.decode(told, type=IndexOrigin))
    except (sqlite3.DatabaseError, msgspec.MsgspecError, TypeError) as error:
        connection.close()
        raise sqlite3.DatabaseError(f"{path}: no index of this format") from error

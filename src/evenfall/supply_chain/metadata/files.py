"""The edge to where the files of a lock lie, an index or a folder: as little of each is fetched as tells its metadata.

A wheel's metadata is read by HTTP ranges, one or two requests of some kilobytes. That works on every index whose server knows
ranges, and with no page of the index; PEP 658's files would be no fewer requests, and not every index has them. A server that
ignores ranges sends the whole, which must then have the lock's hash, as an sdist must.
"""

from __future__ import annotations

import hashlib
import io
import netrc
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import unquote
from urllib.request import url2pathname

import httpx

from evenfall.errors import EvenfallError
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.http import new_client
from evenfall.supply_chain.metadata.candidates import REMOTE
from evenfall.supply_chain.metadata.ranged import AHEAD, Ranged

TAIL = 64 << 10
"""Bytes from a wheel's end that are asked for first: its directory and, mostly, its metadata are there."""
RANGES = 16 << 20
"""Bytes that one range may bring."""
WHOLE = 256 << 20
SECONDS = 20
"""How long a server may be silent."""


class Unfetched(Exception):  # noqa: N818 - caught where the file is asked for; it never leaves the folder
    """A file could not be had, and why."""


class DistributionFiles:
    """Files of an index by HTTP, or of a folder.

    What is not there `seconds` after this was made is not waited for; what is fetched as a whole has at most `whole` bytes.
    """

    def __init__(self, root: Path, *, seconds: float = 120, whole: int = WHOLE) -> None:
        self._root = root
        self._largest = whole
        self._until = time.monotonic() + seconds
        self._client = new_client(seconds=SECONDS, auth=_netrc())

    def stop(self) -> None:
        """Ask for nothing more; what is being waited for ends by itself."""
        self._until = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def open(self, file: DistributionFile, package: LockedPackage) -> IO[bytes]:
        """A file to read and seek in. Raises `Unfetched`, when it is opened or when it is read."""
        if (file.url or "").startswith(REMOTE):
            return self._over_http(file)
        place = self._root / _local(file, package)
        if not place.is_file():
            raise Unfetched(f"{place} is no file")
        if file.hash:
            with place.open("rb") as opened:
                found = hashlib.file_digest(opened, _algorithm(file)).hexdigest()
            if found != file.hash.partition(":")[2]:
                raise Unfetched(f"{place} has not the hash that the lock states")
        return place.open("rb")

    def _over_http(self, file: DistributionFile) -> IO[bytes]:
        """A wheel by ranges, where the server knows them; all else as a whole."""
        assert file.url is not None
        tail = f"{max(0, file.size - TAIL)}-" if file.size else f"-{TAIL}"
        with self._answer(file.url, tail if file.name.endswith(".whl") else None) as answer:
            size = re.search(r"/(\d+)$", answer.headers.get("content-range", ""))
            if answer.status_code != httpx.codes.PARTIAL_CONTENT or size is None:
                return self._whole(answer, file)
            content = b"".join(self._chunks(answer, RANGES))
            return io.BufferedReader(Ranged(int(size[1]), content, partial(self._range, file.url)), AHEAD)

    def _range(self, url: str, start: int, end: int) -> bytes:
        with self._answer(url, f"{start}-{end}") as answer:
            content = b"".join(self._chunks(answer, RANGES))
        if answer.status_code != httpx.codes.PARTIAL_CONTENT or not content:
            raise Unfetched(f"{url}: the server keeps to ranges no more")
        return content

    def _whole(self, answer: httpx.Response, file: DistributionFile) -> IO[bytes]:
        """All of a file, on disk until it is closed. What has not the lock's hash is not looked at."""
        digest = hashlib.new(_algorithm(file))
        kept = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked for the file closes it
        try:
            for chunk in self._chunks(answer, self._largest):
                digest.update(chunk)
                kept.write(chunk)
            if digest.hexdigest() != (file.hash or "").partition(":")[2]:
                raise Unfetched(f"{file.name}: what the index sends has not the hash that the lock states")
        except Unfetched:
            kept.close()
            raise
        kept.seek(0)
        return kept

    @contextmanager
    def _answer(self, url: str, byte_range: str | None) -> Iterator[httpx.Response]:
        """A server's answer. No encoding: ranges and hashes are of the file as it is."""
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={byte_range}"} if byte_range else {})}
        self._check_time(url)
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    raise Unfetched(f"{url}: the server answers {answer.status_code} {answer.reason_phrase}")
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unfetched(f"{url}: {str(error) or type(error).__name__}") from error

    def _chunks(self, answer: httpx.Response, limit: int) -> Iterator[bytes]:
        for chunk in answer.iter_raw():
            self._check_time(str(answer.url))
            if answer.num_bytes_downloaded > limit:
                raise Unfetched(f"{answer.url}: it is larger than {limit} bytes")
            yield chunk

    def _check_time(self, url: str) -> None:
        if time.monotonic() > self._until:
            raise Unfetched(f"{url}: there was not enough time")


def _algorithm(file: DistributionFile) -> str:
    """Of the hash that the lock states. Raises `Unfetched` where it states none that can be checked."""
    kind = (file.hash or "").partition(":")[0]
    if kind not in hashlib.algorithms_guaranteed or kind.startswith("shake"):
        raise Unfetched(f"{file.name}: the lock has no hash of it to check")
    return kind


def _local(file: DistributionFile, package: LockedPackage) -> Path:
    """Where a file lies that the lock gives by path: in the folder that is its registry, or as the package's own source."""
    if file.url or file.path is None:
        return _as_path(file.url or package.source.path or file.name)
    return _as_path(package.source.registry or "") / _as_path(file.path)


def _as_path(place: str) -> Path:
    return Path(url2pathname(place.removeprefix("file://")) if place.startswith("file://") else unquote(place))


def _netrc() -> httpx.Auth | None:
    """The user's credentials, from the file that uv and pip read too. Raises `EvenfallError` (usage) where it is broken."""
    file = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")  # noqa: PTH111 - which knows users without a home
    try:
        return httpx.NetRCAuth(file) if not file.startswith("~") and Path(file).is_file() else None
    except (netrc.NetrcParseError, OSError) as error:
        raise EvenfallError(f"{file}: {error}", hint="correct the file, or set NETRC to another") from error

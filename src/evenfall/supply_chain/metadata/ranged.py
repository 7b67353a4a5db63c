"""A file on a server as one to seek in: what is read is fetched by HTTP ranges, RFC 9110, section 14."""

from __future__ import annotations

import io
from collections.abc import Callable

AHEAD = 16 << 10
"""Bytes that are fetched at least, so that many small reads are few requests."""


class Ranged(io.RawIOBase):
    """A file of `size` bytes of which its end is here already; `fetch(start, end)` brings more, both inclusive."""

    def __init__(self, size: int, tail: bytes, fetch: Callable[[int, int], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._position = 0
        self._parts = {size - len(tail): tail}

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere; nothing is fetched yet."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(f"there is nothing before the begin: {base + offset}")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # as wide as it is used
        """Read from what is here, else from what is fetched for it."""
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        start, part = self._part(wanted)
        chunk = part[self._position - start :][:wanted]
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)

    def _part(self, wanted: int) -> tuple[int, bytes]:
        for start, part in self._parts.items():
            if start <= self._position < start + len(part):
                return start, part
        end = min(self._position + max(wanted, AHEAD), self._size) - 1
        self._parts[self._position] = self._fetch(self._position, end)
        return self._position, self._parts[self._position]

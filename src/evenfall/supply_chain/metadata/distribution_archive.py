"""The metadata inside a wheel or an sdist: nothing is unpacked but that one file, and no more of it than is looked at."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
import zlib
from typing import IO

from evenfall.supply_chain.metadata.package_metadata import LIMIT

UNPACKED = 1 << 31
"""Bytes of an sdist that are passed over on the way to its `PKG-INFO`."""
HEADERS = 1 << 24
"""Bytes of it that are looked at, as the headers of its files."""
_PACKED_AS_WHEELS_ARE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Others unpack with as much memory as the archive asks for."""


class Unreadable(Exception):  # noqa: N818 - caught where the file is asked for; it never leaves the folder
    """Not an archive, or one without metadata."""


def read_archive(file: IO[bytes], name: str, *, unpacked: int = UNPACKED) -> bytes:
    """The `METADATA` of a wheel (PEP 427) or the `PKG-INFO` of an sdist (PEP 625), by the file's `name`. Raises `Unreadable`."""
    try:
        if name.endswith(".whl"):
            return _from_zip(file, name, folder=".dist-info", wanted="METADATA")
        if name.endswith(".zip"):
            return _from_zip(file, name, folder="", wanted="PKG-INFO")
        return _from_tar(file, name, unpacked)
    # what zipfile and tarfile raise for a broken archive, a compression they don't know, and an encrypted one
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        LookupError,
        OSError,
        RuntimeError,
        ValueError,
    ) as error:
        raise Unreadable(f"{name} is broken: {error}") from error


def _from_zip(file: IO[bytes], name: str, *, folder: str, wanted: str) -> bytes:
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if _is(entry.filename, folder, wanted):
                if entry.compress_type not in _PACKED_AS_WHEELS_ARE:
                    raise Unreadable(f"{name} is packed in a way that installers don't know")
                with archive.open(entry) as member:
                    return member.read(LIMIT)
    raise Unreadable(f"{name} holds no {wanted}")


def _from_tar(file: IO[bytes], name: str, unpacked: int) -> bytes:
    packed = bz2.BZ2File(file) if name.endswith(".bz2") else gzip.GzipFile(fileobj=file, mode="rb")
    with packed, tarfile.open(fileobj=_Bounded(packed, name, unpacked), mode="r:") as archive:
        for member in archive:
            if member.isfile() and _is(member.name.removeprefix("./"), "", "PKG-INFO"):
                content = archive.extractfile(member)
                assert content is not None  # it is a file
                return content.read(LIMIT)
    raise Unreadable(f"{name} holds no PKG-INFO")


class _Bounded(io.RawIOBase):
    """An unpacked tar that is read in one go: no more than `limit` of it is passed over, and no more than `HEADERS` read.

    `tarfile` reads a header for as long as it says that it is, and goes back where one says so, for which all is unpacked anew.
    """

    def __init__(self, unpacked: IO[bytes] | bz2.BZ2File | gzip.GzipFile, name: str, limit: int) -> None:
        self._unpacked, self._name, self._limit = unpacked, name, limit
        self._left = HEADERS

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises `Unreadable` where they are too many."""
        self._left -= size
        if size < 0 or self._left < 0:
            raise Unreadable(f"{self._name} has headers of more than {HEADERS >> 20} MiB")
        return self._unpacked.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on to a place from the begin. Raises `Unreadable` where it is too far, or behind."""
        if offset < self.tell():
            raise Unreadable(f"{self._name} has a header that points back")
        if offset > self._limit:
            raise Unreadable(f"{self._name} is larger than {self._limit >> 20} MiB unpacked")
        return self._unpacked.seek(offset, whence)

    def tell(self) -> int:
        """Where the next read begins."""
        return self._unpacked.tell()


def _is(entry: str, folder: str, wanted: str) -> bool:
    """Whether it is the file wanted, in a folder at the top; deeper ones are another distribution's."""
    first, _, rest = entry.partition("/")
    return rest == wanted and first.endswith(folder)

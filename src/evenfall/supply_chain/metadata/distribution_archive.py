"""The metadata and the license files inside a distribution. Only these are extracted, within limits, because an archive may be hostile."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from evenfall.supply_chain.metadata.package_metadata import MAX_METADATA_BYTES, MetadataError

MAX_UNPACKED_BYTES = 1 << 31
"""The maximum number of bytes of an unpacked sdist before its `PKG-INFO`."""
MAX_HEADER_BYTES = 1 << 24
"""The maximum number of those bytes that are read into memory: the headers of the files."""
MAX_LICENSE_FILES = 20
MAX_LICENSE_BYTES = 1 << 17
"""The maximum number of license files, and of the bytes of each, that are read."""
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The compressions that wheels use. The other ones may need as much memory as the archive demands."""


def check_hash(file: IO[bytes], algorithm: str, digest: str, *, name: str) -> None:
    """Raise `MetadataError` unless the file, which is read and rewound, has that hash."""
    if algorithm not in hashlib.algorithms_guaranteed or algorithm.startswith("shake"):
        raise MetadataError(f"{name}: {algorithm!r} is not a hash algorithm that can be checked")
    if hashlib.file_digest(file, algorithm).hexdigest() != digest:  # type: ignore[arg-type]  # IO[bytes] is enough
        raise MetadataError(f"{name}: the {algorithm} hash is not the expected one")
    file.seek(0)


def read_archive(file: IO[bytes], name: str, *, unpacked: int = MAX_UNPACKED_BYTES) -> bytes:
    """Return the `METADATA` of a wheel or the `PKG-INFO` of an sdist, depending on the file's `name`. Raises `MetadataError`."""
    with _archive_errors(name):
        if name.endswith(".whl"):
            return _from_zip(file, name, folder=".dist-info", member="METADATA")
        if name.endswith(".zip"):
            return _from_zip(file, name, folder="", member="PKG-INFO")
        return _from_tar(file, name, unpacked)


@contextmanager
def _archive_errors(name: str) -> Iterator[None]:
    """Raise `MetadataError` for a broken archive."""
    try:
        yield
    # what zipfile and tarfile raise for a broken archive, an unsupported compression, and an encrypted one
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
        raise MetadataError(f"{name}: not a valid archive: {error}") from error


def read_license_files(file: IO[bytes], name: str) -> tuple[tuple[str, str], ...]:
    """Return the paths and the contents of the license files in a wheel. Raises `MetadataError`."""
    with _archive_errors(name), zipfile.ZipFile(file) as archive:
        entries = ((*entry.filename.partition(".dist-info/"), entry) for entry in archive.infolist())
        found = (
            (path, _read_text(archive.open(entry)))
            for folder, _, path, entry in entries
            if "/" not in folder and _is_license_file(path) and entry.compress_type in _COMPRESSIONS
        )
        return tuple(islice(found, MAX_LICENSE_FILES))


def read_license_folder(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return the paths and the contents of the license files in a `.dist-info` folder. Raises `OSError`."""
    paths = ((file, file.relative_to(folder).as_posix()) for file in sorted(folder.rglob("*")))
    found = ((path, _read_text(file.open("rb"))) for file, path in paths if _is_license_file(path) and file.is_file())
    return tuple(islice(found, MAX_LICENSE_FILES))


def _read_text(file: IO[bytes]) -> str:
    with file:
        return file.read(MAX_LICENSE_BYTES).decode("utf-8", "replace")


def _is_license_file(path: str) -> bool:
    """Return whether a file may contain a license. Those of PEP 639 are in `licenses/`; a notice or a list of people is not a license."""
    name = path.rpartition("/")[2].lower()
    is_listed = path.startswith("licenses/") and not name.startswith(("notice", "authors", "contributors", "thanks"))
    return (is_listed and name != "") or name.startswith(("licen", "copying", "unlicen", "eula"))


def _from_zip(file: IO[bytes], name: str, *, folder: str, member: str) -> bytes:
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if _is_at_top(entry.filename, folder, member):
                if entry.compress_type not in _COMPRESSIONS:
                    raise MetadataError(f"{name}: {member} has a compression that installers do not support")
                with archive.open(entry) as opened:
                    return opened.read(MAX_METADATA_BYTES)
    raise MetadataError(f"{name}: has no {member}")


def _from_tar(file: IO[bytes], name: str, unpacked: int) -> bytes:
    tar = bz2.BZ2File(file) if name.endswith(".bz2") else gzip.GzipFile(fileobj=file, mode="rb")
    with tar, tarfile.open(fileobj=_LimitedReader(tar, name, unpacked), mode="r:") as archive:
        for member in archive:
            if member.isfile() and _is_at_top(member.name.removeprefix("./"), "", "PKG-INFO"):
                content = archive.extractfile(member)
                assert content is not None  # it is a file
                return content.read(MAX_METADATA_BYTES)
    raise MetadataError(f"{name}: has no PKG-INFO")


class _LimitedReader(io.RawIOBase):
    """An unpacked tar file of which `limit` bytes may be skipped and `MAX_HEADER_BYTES` bytes may be read, in one direction.

    `tarfile` reads a header of whatever size the header states, and seeks back if a header says so, which would unpack
    everything again.
    """

    def __init__(self, tar: bz2.BZ2File | gzip.GzipFile, name: str, limit: int) -> None:
        self._tar, self._name, self._limit = tar, name, limit
        self._left = MAX_HEADER_BYTES

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises `MetadataError` if they exceed the limit."""
        self._left -= size
        if size < 0 or self._left < 0:
            raise MetadataError(f"{self._name}: has headers of more than {MAX_HEADER_BYTES >> 20} MiB")
        return self._tar.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Skip to a position from the beginning. Raises `MetadataError` if it is beyond the limit, or not ahead."""
        if offset < self.tell():
            raise MetadataError(f"{self._name}: has a header that points back")
        if offset > self._limit:
            raise MetadataError(f"{self._name}: is larger than {self._limit >> 20} MiB unpacked")
        return self._tar.seek(offset, whence)

    def tell(self) -> int:
        """Return the position of the next read."""
        return self._tar.tell()


def _is_at_top(path: str, folder: str, member: str) -> bool:
    """Return whether a path is the member in a top-level folder. Deeper folders may contain vendored distributions."""
    first, _, rest = path.partition("/")
    return rest == member and first.endswith(folder)

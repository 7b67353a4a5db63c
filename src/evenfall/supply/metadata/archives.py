"""The metadata inside a wheel or an sdist: nothing is unpacked but that one file, and no more of it than is looked at."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from typing import IO

from evenfall.supply.metadata.core import LIMIT

UNPACKED = 1 << 30
"""Bytes of an sdist that are read through on the way to its `PKG-INFO`."""


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
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise Unreadable(f"{name} is broken: {error}") from error


def _from_zip(file: IO[bytes], name: str, *, folder: str, wanted: str) -> bytes:
    with zipfile.ZipFile(file) as archive:
        for entry in archive.namelist():
            if _is(entry, folder, wanted):
                with archive.open(entry) as member:
                    return member.read(LIMIT)
    raise Unreadable(f"{name} holds no {wanted}")


def _from_tar(file: IO[bytes], name: str, unpacked: int) -> bytes:
    passed = 0
    with tarfile.open(fileobj=file, mode="r:bz2" if name.endswith(".bz2") else "r:gz") as archive:
        for member in archive:
            if member.isfile() and _is(member.name.removeprefix("./"), "", "PKG-INFO"):
                content = archive.extractfile(member)
                assert content is not None  # it is a file
                return content.read(LIMIT)
            passed += member.size
            if passed > unpacked:
                raise Unreadable(f"{name} is larger than {unpacked >> 20} MiB unpacked")
    raise Unreadable(f"{name} holds no PKG-INFO")


def _is(entry: str, folder: str, wanted: str) -> bool:
    """Whether it is the file wanted, in a folder at the top; deeper ones are another distribution's."""
    first, _, rest = entry.partition("/")
    return rest == wanted and first.endswith(folder)

"""Wheels and sdists: problems of their metadata, and the differences between two of them."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

Member = tuple[bytes, tuple[object, ...]]
"""The content of a member, and its attributes in the archive, such as time, mode and owner."""


def metadata_problems(archives: Iterable[Path]) -> Iterator[str]:
    """Yield the violations of the specification of core metadata: https://packaging.python.org/specifications/core-metadata/"""
    from packaging.metadata import Metadata  # slow to import, and not needed when a noxfile is loaded

    for archive in archives:
        name, content = _metadata_file(archive)
        if content is None:
            yield f"{archive.name}: {name} is missing"
            continue
        try:
            Metadata.from_email(content, validate=True)
        except ExceptionGroup as group:
            yield from (f"{archive.name}: {name}: {error}" for error in group.exceptions)


def metadata_value(archive: Path, field: str) -> str:
    """Return a field of the metadata of a wheel or an sdist; empty if the field or the metadata is missing."""
    from email.parser import BytesHeaderParser

    _, content = _metadata_file(archive)
    return str(BytesHeaderParser().parsebytes(content or b"").get(field, ""))


def _metadata_file(archive: Path) -> tuple[str, bytes | None]:
    """Return the name and the content of an archive's outermost metadata file; of a missing one its usual name and None."""
    suffix = ".dist-info/METADATA" if archive.suffix == ".whl" else "/PKG-INFO"
    members = read_members(archive)
    candidates = (name for name in members if name.endswith(suffix))
    name = min(candidates, key=lambda candidate: candidate.count("/"), default=None)
    return (suffix.lstrip("/"), None) if name is None else (name, members[name][0])


def read_members(archive: Path) -> dict[str, Member]:
    """Return the files of a wheel or an sdist by name."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {
                info.filename: (wheel.read(info), (info.date_time, info.external_attr)) for info in wheel.infolist()
            }
    with tarfile.open(archive) as sdist:
        return {
            info.name: (_content(sdist, info), (info.mtime, info.mode, info.uid, info.uname))
            for info in sdist.getmembers()
            if not info.isdir()
        }


def _content(sdist: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    """Return the content of a file; of a link its target, because the target may not exist."""
    if info.issym() or info.islnk():
        return info.linkname.encode()
    file = sdist.extractfile(info)
    return file.read() if file else b""


def differences(first: Path, second: Path, *, only_contents: bool = False) -> list[str]:
    """Return the differences between two archives, with the names of the members. Return nothing if their bytes are equal.

    With `only_contents`, the attributes of the members and the archives themselves are not compared.
    """
    if first.name != second.name:
        return [f"its name is {second.name}"]
    if first.read_bytes() == second.read_bytes():
        return []
    members, other_members = read_members(first), read_members(second)
    messages = [f"{name} is only in one of the archives" for name in sorted(members.keys() ^ other_members.keys())]
    for name in sorted(members.keys() & other_members.keys()):
        if members[name][0] != other_members[name][0]:
            messages.append(f"{name} has different contents")
        elif members[name][1] != other_members[name][1] and not only_contents:
            messages.append(f"{name} has a different time, mode or owner")
    if not messages and not only_contents:
        messages.append("the archive itself (order, compression or time), not its members")
    return messages

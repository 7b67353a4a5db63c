"""Looking into wheels and sdists: whether their metadata are valid, and in what two of them differ."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

Member = tuple[bytes, tuple[object, ...]]
"""A member's content, and what its archive says about it (time, mode, owner)."""


def metadata_problems(built: Iterable[Path]) -> Iterator[str]:
    """What the core metadata specification refuses: https://packaging.python.org/specifications/core-metadata/"""
    from packaging.metadata import Metadata  # slow to import, and not wanted each time that a noxfile is loaded

    for archive in built:
        wanted = ".dist-info/METADATA" if archive.suffix == ".whl" else "/PKG-INFO"
        members = read_members(archive)
        found = min((name for name in members if name.endswith(wanted)), key=lambda name: name.count("/"), default=None)
        if found is None:
            yield f"{archive.name}: it holds no {wanted.lstrip('/')}"
            continue
        try:
            Metadata.from_email(members[found][0], validate=True)
        except ExceptionGroup as group:
            yield from (f"{archive.name}: {found}: {error}" for error in group.exceptions)


def read_members(archive: Path) -> dict[str, Member]:
    """Every file of a wheel or an sdist, by name."""
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
    """Of a link, where it points to: that may be nothing."""
    if info.issym() or info.islnk():
        return info.linkname.encode()
    file = sdist.extractfile(info)
    return file.read() if file else b""


def differences(first: Path, second: Path, *, only_contents: bool = False) -> list[str]:
    """Why two archives differ, naming the members; empty where they are the same bytes, or the same contents if only these count."""
    if first.name != second.name:
        return [f"it is named {second.name}"]
    if first.read_bytes() == second.read_bytes():
        return []
    one, other = read_members(first), read_members(second)
    found = [f"{name} is only in one of the two" for name in sorted(one.keys() ^ other.keys())]
    for name in sorted(one.keys() & other.keys()):
        if one[name][0] != other[name][0]:
            found.append(f"{name} has other contents")
        elif one[name][1] != other[name][1] and not only_contents:
            found.append(f"{name} has another time, mode or owner")
    if not found and not only_contents:
        found.append("the archive itself (order, compression or time), not its members")
    return found

"""Wheels and sdists: problems of their metadata, and the differences between two of them."""

from __future__ import annotations

import re
import tarfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from evenfall.release.debug_information import different_paths, is_compiled, without_debug_information

Member = tuple[bytes, tuple[object, ...]]
"""The content of a member, and its attributes in the archive, such as time, mode and owner."""
UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What zipfile and tarfile raise for a broken archive, an unsupported compression, and an encrypted one."""


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
            yield from (
                f"{archive.name}: {name}: {error}" for error in group.exceptions if not _is_early_license(error)
            )


def _is_early_license(error: Exception) -> bool:
    """Return whether an error is that License-File is in metadata older than 2.4, as setuptools before version 77 writes it.

    Indexes and Twine accept it: it had the same meaning before its specification.
    """
    return getattr(error, "field", "") == "license-file" and "introduced in metadata version" in str(error)


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


_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def lfs_pointers(archive: Path) -> tuple[str, ...]:
    """Return the files of a wheel or an sdist that are pointers of Git LFS instead of the content that they point to.

    https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """
    return tuple(name for name, member in read_members(archive).items() if member[0].startswith(_LFS_POINTER))


def read_members(archive: Path) -> dict[str, Member]:
    """Return the files of a wheel or an sdist by name."""
    return dict(_members(archive))


def _members(archive: Path) -> Iterator[tuple[str, Member]]:
    """Yield the name and the member of each file in an archive, which can have a name more than once."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for entry in wheel.infolist():
                yield entry.filename, (wheel.read(entry), (entry.date_time, entry.external_attr))
        return
    with tarfile.open(archive) as sdist:
        for info in sdist.getmembers():
            if not info.isdir():
                yield info.name, (_content(sdist, info), (info.mtime, info.mode, info.uid, info.uname))


def _content(sdist: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    """Return the content of a file; of a link the name of its target, because the target may not exist."""
    if info.issym() or info.islnk():
        return b"link to " + info.linkname.encode()
    file = sdist.extractfile(info)
    return file.read() if file else b""


def differences(first: Path, second: Path, *, only_contents: bool = False) -> list[str]:
    """Return the differences between two archives, with the names of the members. Return nothing if their bytes are equal.

    With `only_contents`, the attributes of the members, the debug information of compiled modules, the version of the build backend and the
    archives themselves are not compared.
    """
    if first.name != second.name:
        return [f"its name is {second.name}"]
    if first.read_bytes() == second.read_bytes():
        return []
    members, other_members = _grouped_members(first), _grouped_members(second)
    messages = [f"{name} is only in one of the archives" for name in sorted(members.keys() ^ other_members.keys())]
    for name in sorted(members.keys() & other_members.keys()):
        contents, other_contents = ([content for content, _ in group[name]] for group in (members, other_members))
        if contents != other_contents:
            essence, other_essence = ([_essence(name, each) for each in group] for group in (contents, other_contents))
            if essence != other_essence or not only_contents:
                same_code = is_compiled(name) and essence == other_essence
                messages.append(f"{name} has {_description(contents, other_contents, same_code=same_code)}")
        elif members[name] != other_members[name] and not only_contents:
            messages.append(f"{name} has a different time, mode or owner")
    if len(messages) > 1:  # RECORD has a checksum of each file
        messages = [message for message in messages if ".dist-info/RECORD has " not in message]
    if not messages and not only_contents:
        messages.append("the archive itself (order, compression or time), not its members")
    return messages


def _description(contents: Sequence[bytes], others: Sequence[bytes], *, same_code: bool) -> str:
    """Return what differs, with the paths in which two contents differ, because a path of the build folder is the usual cause."""
    what = "another build ID or different debug information" if same_code else "different contents"
    paths = different_paths(b"\n".join(contents), b"\n".join(others))
    return f"{what}: {' and '.join(paths)}" if paths else what


def _grouped_members(archive: Path) -> dict[str, list[Member]]:
    """Return the members of an archive by name. A manipulated archive can have several files of one name."""
    groups = defaultdict(list)
    for name, member in _members(archive):
        groups[name].append(member)
    return groups


def _essence(name: str, content: bytes) -> bytes:
    """Return the content of a member without the version of the build backend in WHEEL, and without debug information.

    RECORD has a line with a checksum of each file, which changes, too:
    https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-contents
    """
    if is_compiled(name):
        return without_debug_information(content)
    patterns = {"WHEEL": rb"(?m)^Generator: .*$", "RECORD": rb"(?m)^([^/\n]+\.dist-info/WHEEL|.+\.(so|pyd|dylib)),.*$"}
    pattern = patterns.get(name.partition(".dist-info/")[2])
    return re.sub(pattern, b"", content) if pattern else content

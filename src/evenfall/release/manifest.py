"""The manifest of a release: its files with their hashes, the lock and the commit they were built from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec
from packaging.version import Version

from evenfall.atomic_write import write_atomically
from evenfall.errors import EvenfallError

NAME = "manifest.json"
FOLDER = "release-files"
"""The folder of the files to release. It has one folder for each index, because attestations belong to one index."""

IndexName = Literal["pypi", "testpypi"]
Kind = Literal["wheel", "sdist", "sbom"]
Sha256 = str
"""64 hexadecimal digits."""


class ReleaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a release; `size` is in bytes."""

    name: str
    kind: Kind
    size: int
    sha256: Sha256


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The release of a version to one index.

    `project` is the name as `pyproject.toml` writes it, `version` is normalized (PEP 440), `commit` is the full name of the commit, and
    `lock_sha256` is the hash of `uv.lock`. `files` are the wheel, the sdist and the SBOM.
    """

    format: Literal[1] = 1
    project: str
    version: str
    index: IndexName
    commit: str
    lock_sha256: Sha256
    files: tuple[ReleaseFile, ...]

    @property
    def distributions(self) -> tuple[ReleaseFile, ...]:
        """The files that the index gets: the wheel and the sdist."""
        return tuple(file for file in self.files if file.kind != "sbom")


def release_folder(root: Path, index: IndexName) -> Path:
    """Return the folder with the files for an index."""
    return root / FOLDER / index


def describe_file(path: Path, kind: Kind) -> ReleaseFile:
    """Return a file of a release with its size and hash."""
    return ReleaseFile(name=path.name, kind=kind, size=path.stat().st_size, sha256=sha256_of(path))


def sha256_of(path: Path) -> Sha256:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write the manifest into the folder of the files, and return its path."""
    path = folder / NAME
    write_atomically(path, msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n")
    return path


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder after a check of every file in it.

    Raises `EvenfallError` (usage) if the manifest is missing or invalid, if a file is missing or has another hash, or if the folder has a
    distribution that the manifest does not list.
    """
    path = folder / NAME
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        Version(manifest.version)
    except FileNotFoundError as error:
        raise EvenfallError(f"{path}: not found", hint=f"evenfall release build --index={folder.name}") from error
    except (OSError, ValueError) as error:  # ValueError: invalid JSON, another type, or an invalid version
        raise EvenfallError(f"{path}: {error}", hint=_rebuild(folder)) from error
    for file in manifest.files:
        _check_file(folder, file)
    _check_unlisted(folder, manifest.files)
    return manifest


def _check_file(folder: Path, file: ReleaseFile) -> None:
    path = folder / file.name
    if path.name != file.name or not path.is_file():
        raise EvenfallError(f"{path}: the manifest lists it, but it is not there", hint=_rebuild(folder))
    if (actual := sha256_of(path)) != file.sha256:
        raise EvenfallError(
            f"{path}: has the SHA-256 {actual}, but the manifest lists {file.sha256}", hint=_rebuild(folder)
        )


def _check_unlisted(folder: Path, files: Iterable[ReleaseFile]) -> None:
    listed = {file.name for file in files}
    for path in sorted(folder.iterdir()):
        if path.name not in listed and path.name.endswith((".whl", ".tar.gz", ".zip")):
            raise EvenfallError(f"{path}: the manifest does not list it", hint=_rebuild(folder))


def _rebuild(folder: Path) -> str:
    return f"evenfall release build --index={folder.name}, and do not change the files afterwards"

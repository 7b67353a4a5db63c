"""Tiny wheels and sdists, written by hand, and the release folder with them."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

from evenfall.release.manifest import IndexName, Manifest, describe_file, release_folder, write_manifest


def write_wheel(folder: Path, name: str = "lamp", version: str = "1.0", *, code: str = "") -> Path:
    """Write a valid wheel with one module."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", code)
        archive.writestr(f"{info}/METADATA", _metadata(name, version))
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def write_sdist(folder: Path, name: str = "lamp", version: str = "1.0", *, code: str = "") -> Path:
    """Write an sdist with one module, which has no build system."""
    path = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for member, text in {"PKG-INFO": _metadata(name, version), f"{name}.py": code}.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"{name}-{version}/{member}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def compress(wheel: Path, sdist: Path) -> None:
    """Compress a wheel and an sdist otherwise, with the same members."""
    with zipfile.ZipFile(wheel) as archive:
        members = [(entry, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(wheel, "w") as archive:
        for entry, content in members:
            kind = zipfile.ZIP_STORED if entry.compress_type == zipfile.ZIP_DEFLATED else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, kind)
    sdist.write_bytes(gzip.compress(gzip.decompress(sdist.read_bytes()), compresslevel=1))


def _metadata(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def write_release(
    root: Path, name: str = "lamp", version: str = "1.0", *, index: IndexName = "pypi", code: str = ""
) -> Path:
    """Write the folder of a release with a wheel, an sdist, an SBOM and the manifest, and return it."""
    folder = release_folder(root, index)
    folder.mkdir(parents=True)
    sbom = folder / f"{name}-{version}.cdx.json"
    sbom.write_text("{}")
    files = (
        describe_file(write_wheel(folder, name, version, code=code), "wheel"),
        describe_file(write_sdist(folder, name, version, code=code), "sdist"),
        describe_file(sbom, "sbom"),
    )
    manifest = Manifest(project=name, version=version, index=index, commit="0" * 40, lock_sha256="0" * 64, files=files)
    write_manifest(folder, manifest)
    return folder

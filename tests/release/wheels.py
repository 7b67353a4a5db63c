"""Wheels and releases made by hand, without a build, for the installation test."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from evenfall.release.manifest import Manifest, describe_file, release_folder, write_manifest


def make_wheel(
    folder: Path,
    files: Mapping[str, str],
    *,
    version: str = "1.0",
    tag: str = "py3-none-any",
    metadata: str = "",
    entry_points: str = "",
) -> Path:
    """Write a wheel of the distribution lamp."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"lamp-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.4\nName: lamp\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": entry_points,
    }
    path = folder / f"lamp-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in (*contents, f"{info}/RECORD")))
    return path


def write_release(root: Path, *, version: str = "1.0") -> Path:
    """Write the manifest of the wheels and sdists in the folder of a release, and return the folder."""
    folder = release_folder(root, "pypi")
    files = tuple(
        describe_file(path, "wheel" if path.suffix == ".whl" else "sdist")
        for path in sorted(folder.iterdir())
        if path.suffix in {".whl", ".gz"}
    )
    manifest = Manifest(
        project="lamp", version=version, index="pypi", commit="a" * 40, lock_sha256="b" * 64, files=files
    )
    write_manifest(folder, manifest)
    return folder

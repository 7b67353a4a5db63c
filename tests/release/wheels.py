"""Wheels and releases made by hand, without a build, for the installation test."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import tomlkit

from evenfall.project.project import Project
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.release.manifest import Manifest, describe_file, release_folder, write_manifest


def make_wheel(
    folder: Path,
    files: Mapping[str, str],
    *,
    name: str = "lamp",
    version: str = "1.0",
    tag: str = "py3-none-any",
    metadata: str = "",
    entry_points: str = "",
) -> Path:
    """Write a wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": entry_points,
    }
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in contents.items():
            archive.writestr(member, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{member},,\n" for member in (*contents, f"{info}/RECORD")))
    return path


def lamp_project(
    root: Path, *, name: str = "lamp", dependencies: Sequence[str] = (), uv: object = None, **release: object
) -> Project:
    """Write and return the project of the wheels, with `[tool.uv]` and settings of `[tool.evenfall.release]`."""
    tool = {"uv": uv or {}, "evenfall": {"release": {key.replace("_", "-"): value for key, value in release.items()}}}
    tables = {"project": {"name": name, "dependencies": dependencies}, "tool": tool}
    root.mkdir(parents=True, exist_ok=True)
    (root / NAME).write_text(tomlkit.dumps(tables))
    return Project(root=root, pyproject=read_pyproject(root / NAME))


def write_release(root: Path, *, name: str = "lamp", version: str = "1.0") -> Path:
    """Write the manifest of the wheels and sdists in the folder of a release, and return the folder."""
    folder = release_folder(root, "pypi")
    files = tuple(
        describe_file(path, "wheel" if path.suffix == ".whl" else "sdist")
        for path in sorted(folder.iterdir())
        if path.suffix in {".whl", ".gz"}
    )
    manifest = Manifest(project=name, version=version, index="pypi", commit="a" * 40, lock_sha256="b" * 64, files=files)
    write_manifest(folder, manifest)
    return folder

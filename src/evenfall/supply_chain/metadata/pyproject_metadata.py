"""The metadata that a build would write from the `pyproject.toml` of a package that is built from a folder."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.lockfile import LockedPackage
from evenfall.project.pyproject import NAME, ProjectMetadata, read_pyproject
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.text import one_line


def folder_metadata(package: LockedPackage, root: Path) -> PackageMetadata | MissingMetadata | None:
    """Return the metadata of a package whose folder is relative to `root`, or None if it is not built from a folder."""
    if package.source.folder is None:
        return None
    try:
        about = read_pyproject(root / package.source.folder / NAME).metadata
    except EvenfallError as error:
        return MissingMetadata(one_line(f"not installed here; in its folder {package.source.folder}: {error.message}"))
    if canonicalize_name(about.name) != canonicalize_name(package.name):
        return MissingMetadata(one_line(f"{package.source.folder}/{NAME} describes {about.name}"))
    return stated_metadata(about)


def stated_metadata(about: ProjectMetadata) -> PackageMetadata:
    """Return the name, the version and the license as a build would write them."""
    expression = about.license if isinstance(about.license, str) else ""
    text = "" if isinstance(about.license, str) else about.license.text
    return PackageMetadata(
        name=about.name,
        version=about.version or "",
        license_expression=expression,
        license=text,
        classifiers=about.classifiers,
    )

"""What a package that is built from a folder states in its `pyproject.toml`, which a build writes into its metadata."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.about import About, read_about
from evenfall.project.lockfile import LockedPackage
from evenfall.project.pyproject import NAME
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.text import one_line


def folder_metadata(package: LockedPackage, root: Path) -> PackageMetadata | MissingMetadata | None:
    """Of a package whose folder is relative to `root`; `None` of one that is built from no folder."""
    if package.source.folder is None:
        return None
    try:
        about = read_about(root / package.source.folder)
    except EvenfallError as error:
        return MissingMetadata(
            one_line(f"it is not installed here, and in its folder {package.source.folder}: {error.message}")
        )
    if canonicalize_name(about.name) != canonicalize_name(package.name):
        return MissingMetadata(one_line(f"{package.source.folder}/{NAME} is of {about.name}"))
    return stated_metadata(about)


def stated_metadata(about: About) -> PackageMetadata:
    """What a build would write of the name, the version and the license."""
    text = about.license if isinstance(about.license, str) else ""
    table = "" if isinstance(about.license, str) else about.license.text
    return PackageMetadata(
        name=about.name,
        version=about.version or "",
        license_expression=text,
        license=table,
        classifiers=about.classifiers,
        evidence="folder",
        place=NAME,
    )

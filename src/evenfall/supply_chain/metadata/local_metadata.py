"""The metadata of packages on this machine: installed in an environment, or declared in the `pyproject.toml` of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.lockfile import LockedPackage
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.project.pyproject_tables import ProjectMetadata
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata, parse_metadata
from evenfall.text import one_line


def find_site_packages(environments: Iterable[Path]) -> tuple[Path, ...]:
    """Return the `site-packages` folders of environments, each given by its folder or its Python. Nothing in them is run.

    Raises `EvenfallError` (usage) if one is not an environment.
    """
    return tuple(folder for environment in environments for folder in _site_packages(environment))


def _site_packages(environment: Path) -> tuple[Path, ...]:
    """Return the folders. The Python of an environment is a symbolic link that must not be resolved."""
    prefix = environment if environment.is_dir() else environment.absolute().parent.parent
    matches = (*prefix.glob("lib*/python3*/site-packages"), *prefix.glob("Lib/site-packages"))
    folders = tuple({match.resolve(): match for match in matches if match.is_dir()}.values())
    if not environment.exists() or not folders:
        raise EvenfallError(
            f"{environment}: not a Python environment", hint="give the Python of an environment: .venv/bin/python"
        )
    return folders


def installed_metadata(package: LockedPackage, site_packages: Sequence[Path]) -> PackageMetadata | None:
    """Return the metadata of an installed package, or None if the locked version is not installed.

    If the lock states no version, any installed version counts.
    """
    for distribution in distributions(name=package.name, path=[*map(str, site_packages)]):
        metadata = _metadata(distribution)
        if metadata and metadata.describes(package):
            return metadata
    return None


def _metadata(distribution: Distribution) -> PackageMetadata | None:
    """Return None if an uninstallation left an incomplete folder."""
    try:
        content = (distribution.read_text("METADATA") or "").encode()
    except UnicodeDecodeError as error:  # read_text expects UTF-8, but uv installs packages with any metadata
        content = error.object
    except OSError:
        return None
    return parse_metadata(content) if content else None


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
    return declared_metadata(about)


def declared_metadata(about: ProjectMetadata) -> PackageMetadata:
    """Return the name, version and license in `[project]` as a build would write them."""
    expression = about.license if isinstance(about.license, str) else ""
    text = "" if isinstance(about.license, str) else about.license.text
    return PackageMetadata(
        name=about.name,
        version=about.version or "",
        license_expression=expression,
        license=text,
        classifiers=about.classifiers,
    )

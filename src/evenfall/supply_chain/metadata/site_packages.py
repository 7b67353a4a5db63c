"""What is installed in an environment: https://packaging.python.org/en/latest/specifications/recording-installed-packages/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.package_metadata import LIMIT, PackageMetadata, parse
from evenfall.supply_chain.versions import same_version

Installed = Mapping[str, Sequence[Path]]
"""The `.dist-info` folders of each normalized name."""


def look_into(environments: Sequence[Path]) -> Installed:
    """What is installed in environments, each given by its Python or its folder.

    Nothing in them is run. Raises `EvenfallError` (usage) for a place that is no environment.
    """
    found: dict[str, list[Path]] = {}
    for environment in environments:
        for folder in _site_packages(environment):
            for info in sorted(folder.glob("*.dist-info")):
                found.setdefault(canonicalize_name(info.name.partition("-")[0]), []).append(info)
    return found


def _site_packages(environment: Path) -> tuple[Path, ...]:
    """By the places where `venv` puts it; the Python of an environment is a link that must not be followed."""
    prefix = environment if environment.is_dir() else environment.absolute().parent.parent
    places = (*prefix.glob("lib*/python3*/site-packages"), *prefix.glob("Lib/site-packages"))
    folders = tuple({place.resolve(): place for place in places if place.is_dir()}.values())
    if not environment.exists() or not folders:
        raise EvenfallError(
            f"{environment}: no Python environment is there", hint="give the Python of one: .venv/bin/python"
        )
    return folders


def installed_metadata(package: LockedPackage, installed: Installed) -> PackageMetadata | None:
    """The metadata of exactly the locked version, where it is installed; of any where the lock states no version."""
    for info in installed.get(canonicalize_name(package.name), ()):
        version = info.name.removesuffix(".dist-info").partition("-")[2]
        if package.version is None or same_version(version, package.version):
            try:
                with (info / "METADATA").open("rb") as file:
                    found = parse(file.read(LIMIT), evidence="environment", place=f"{info.name}/METADATA")
            except OSError:  # left by half an uninstall
                continue
            if is_of(found, package):
                return found
    return None


def is_of(metadata: PackageMetadata, package: LockedPackage) -> bool:
    """Whether metadata speak of the package that the lock gives them for."""
    if canonicalize_name(metadata.name) != canonicalize_name(package.name):
        return False
    return package.version is None or same_version(metadata.version, package.version)

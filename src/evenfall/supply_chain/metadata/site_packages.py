"""The metadata of packages that are installed in an environment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata, parse_metadata


def find_site_packages(environments: Iterable[Path]) -> tuple[Path, ...]:
    """Return the `site-packages` folders of environments, each given by its folder or its Python. Nothing in them is run.

    Raises `EvenfallError` (usage) if one is not an environment.
    """
    return tuple(folder for environment in environments for folder in _site_packages(environment))


def _site_packages(environment: Path) -> tuple[Path, ...]:
    """Return the folders where `venv` creates them. The Python of an environment is a symbolic link that must not be resolved."""
    prefix = environment if environment.is_dir() else environment.absolute().parent.parent
    places = (*prefix.glob("lib*/python3*/site-packages"), *prefix.glob("Lib/site-packages"))
    folders = tuple({place.resolve(): place for place in places if place.is_dir()}.values())
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

"""Find the metadata of locked packages: in an environment, in the folder of a package, in the cache, in the index."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenfall.package_index.credentials import index_prefix
from evenfall.project.index_settings import index_settings
from evenfall.project.lock_subject import LockSubject
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.project.user_cache import user_cache
from evenfall.project.uv import run_uv
from evenfall.report.output import print_progress
from evenfall.supply_chain.metadata.fetch_metadata import fetch_all, needs_network
from evenfall.supply_chain.metadata.local_metadata import find_site_packages, folder_metadata, installed_metadata
from evenfall.supply_chain.metadata.metadata_cache import MetadataCache
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.text import plural

_DENIED = re.compile(r"(https?://[^/\s]+)\S*: the server (?:answered|rejected the credentials with) 40[13]\b")
_UNREACHABLE = re.compile(r"(https?://[^/\s]+)\S*: (?:\w+(?:Error|Timeout)\b|the server answered 5\d\d\b)")
OFFLINE = MissingMetadata("not installed here, and the index is not used offline")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSources:
    """Where to look for metadata.

    `root` is the lock's folder, `environments` are folders or Pythons of environments. Without `network` no index is used. The
    default of `cache` is the user's cache folder.
    """

    root: Path
    environments: Sequence[Path] = ()
    network: bool = True
    cache: Path | None = None


def own_sources(subject: LockSubject, *, environments: Sequence[Path] = (), network: bool = True) -> MetadataSources:
    """Return the sources of a project or a script. Without `environments` they include the environment that uv made for it."""
    default = [] if environments else [each for each in _own_environments(subject) if (each / "pyvenv.cfg").is_file()]
    return MetadataSources(root=subject.folder, environments=environments or default, network=network)


def _own_environments(subject: LockSubject) -> Iterator[Path]:
    """Yield the folder of the environment that uv makes for a project; that for a script, in uv's cache, only if it exists."""
    if not subject.script:
        yield subject.root / (os.environ.get("UV_PROJECT_ENVIRONMENT") or ".venv")
        return
    found = Path(run_uv(subject.root, "python", "find", "--script", subject.script).stdout.strip()).parent.parent
    if found.parent.name.startswith("environments-"):  # otherwise it is any interpreter that the script could use
        yield found


def find_metadata(
    packages: Sequence[LockedPackage], sources: MetadataSources
) -> tuple[PackageMetadata | MissingMetadata, ...]:
    """Return the metadata of each package, in the same order, or the reason why it is missing. Print a line before the index is used.

    Raises `EvenfallError` (usage) if an environment is not one, or if the netrc file is invalid.
    """
    site_packages = find_site_packages(sources.environments)
    cache = MetadataCache(sources.cache or user_cache() / "metadata")
    known = [
        installed_metadata(package, site_packages)
        or folder_metadata(package, sources.root)
        or cache.read(package)
        or (OFFLINE if needs_network(package) and not sources.network else None)
        for package in packages
    ]
    missing = [package for package, metadata in zip(packages, known, strict=True) if metadata is None]
    if number := sum(map(needs_network, missing)):
        print_progress(f"metadata: fetching {plural(number, 'package')} from the index")
    fetched = fetch_all(missing, sources.root) if missing else []
    for package, metadata in zip(missing, fetched, strict=True):
        if isinstance(metadata, PackageMetadata):
            cache.write(package, metadata)
    rest = iter(fetched)
    return tuple(metadata or next(rest) for metadata in known)


def metadata_hint(lock: Lockfile, reason: str, folder: Path) -> str:
    """Return what to do about missing metadata: use or reach the index, log in where it wants credentials, or else install the packages.

    `folder` is that of the lock, whose settings name the indexes.
    """
    if OFFLINE.reason in reason:
        return "omit --offline"
    if denied := _DENIED.search(reason):
        known = index_settings(folder, os.environ).indexes
        name = next((index.name for index in known if index.name and index.url.startswith(f"{denied[1]}/")), "NAME")
        prefix = index_prefix(name)
        where = ", with the name of the index" if name == "NAME" else ""
        return f"uv auth login {denied[1]}, or set {prefix}_USERNAME and {prefix}_PASSWORD{where}"
    if unreachable := _UNREACHABLE.search(reason):
        return f"check that {unreachable[1]} can be reached"
    return lock.sync_command

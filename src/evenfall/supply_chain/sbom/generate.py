"""Generate the SBOM of a project from its lock and the metadata of the locked packages."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import commit_time
from evenfall.project import lockfile
from evenfall.project.current_lock import read_project_lock
from evenfall.project.project import find_locked_root, find_project
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.supply_chain.metadata.find_metadata import MetadataSources, find_metadata, project_sources
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.supply_chain.sbom.document import SbomInputs, lock_digest, sbom_document
from evenfall.supply_chain.sbom.report import describe_missing
from evenfall.supply_chain.sbom.scope import sbom_scope
from evenfall.supply_chain.sbom.validate import validated

LATEST_TIME = 253402300799
"""9999-12-31, in seconds since 1970: the latest time that a document can contain."""
MAX_PACKAGES = 5000
"""Packages in a lock: cyclonedx-python-lib compares each component with each other, which takes a minute for so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomRequest:
    """The project whose folder contains `folder`, and the options of the document.

    `environments` are Pythons or folders of environments that are searched for metadata first; by default it is the project's own.
    Without `network`, the metadata of packages that are not installed may be missing. `progress` gets a line before the network is used.
    """

    folder: Path
    runtime: bool = False
    environments: tuple[Path, ...] = ()
    network: bool = True
    progress: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sbom:
    """A valid document as JSON, and a message about missing metadata, which is empty if there are none."""

    text: str
    warning: str


def generate_sbom(request: SbomRequest) -> Sbom:
    """Return the SBOM of a project.

    Raises `EvenfallError`: usage as `read_inputs` does; unknown if metadata is missing although the network may be used.
    """
    root = find_locked_root(request.folder)
    inputs = read_inputs(root, find_project(request.folder, root), runtime=request.runtime)
    sources = project_sources(
        root, environments=request.environments, network=request.network, progress=request.progress
    )
    metadata, warning = _find_metadata(inputs, sources)
    if warning and request.network:
        raise EvenfallError(
            f"inconclusive: {warning}",
            hint="uv sync --all-groups --all-extras, and try again; or accept missing licenses with --offline",
            exit_code=Exit.UNKNOWN,
        )
    return Sbom(text=validated(sbom_document(replace(inputs, metadata=metadata))), warning=warning)


def read_inputs(root: Path, project: Path, *, runtime: bool) -> SbomInputs:
    """Return what `pyproject.toml` in the folder `project` and the lock in `root` contribute to a document.

    Raises `EvenfallError` (usage) if one of them is missing or invalid, or if the lock has too many packages.
    """
    path = root / lockfile.NAME
    lock = read_project_lock(path)
    if len(lock.package) > MAX_PACKAGES:
        raise EvenfallError(
            f"{lockfile.NAME}: {len(lock.package)} packages, but an SBOM can have at most {MAX_PACKAGES}",
            hint="evenfall licenses, which has no limit",
        )
    return SbomInputs(
        about=read_pyproject(project / NAME).metadata,
        lock=lock,
        lock_digest=lock_digest(path.read_bytes()),
        evenfall_version=version("evenfall"),
        time=_time(root),
        runtime=runtime,
    )


def _find_metadata(inputs: SbomInputs, sources: MetadataSources) -> tuple[dict[int, PackageMetadata], str]:
    """Return the known metadata by position in the lock, and a message about the missing metadata.

    The message leaves out packages that are built from a local folder, because they need not be installed.
    """
    scope = sbom_scope(inputs.lock, inputs.about.name, runtime=inputs.runtime)
    positions = (scope.root, *scope.usages)
    packages = [inputs.lock.package[position] for position in positions]
    found = find_metadata(packages, sources)
    known = {
        position: each for position, each in zip(positions, found, strict=True) if isinstance(each, PackageMetadata)
    }
    missing = [
        (package.name, each.reason)
        for package, each in zip(packages, found, strict=True)
        if isinstance(each, MissingMetadata) and not package.source.is_folder
    ]
    return known, describe_missing(missing)


def _time(root: Path) -> int | None:
    """Return the time of the document: SOURCE_DATE_EPOCH, or that of the last commit, or None if there is no commit.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        time = commit_time(root)
        return None if time is None else min(time, LATEST_TIME)
    if not (epoch.isascii() and epoch.isdecimal()) or len(epoch) > len(str(LATEST_TIME)) or int(epoch) > LATEST_TIME:
        raise EvenfallError(
            f"SOURCE_DATE_EPOCH: {epoch[:40]!r} is not a number of seconds since 1970", hint="unset SOURCE_DATE_EPOCH"
        )
    return int(epoch)

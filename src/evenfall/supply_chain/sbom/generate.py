"""Generate the SBOM of a project from its lock and the metadata of the locked packages."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from msgspec import structs

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import commit_time
from evenfall.project.lock_subject import LockSubject, find_lock_subject
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.project.pyproject_tables import ProjectMetadata
from evenfall.project.root import find_project
from evenfall.supply_chain.licenses.license_files import add_license_files
from evenfall.supply_chain.metadata.find_metadata import MetadataSources, find_metadata, metadata_hint, own_sources
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.document import SbomInputs, lock_digest, sbom_document
from evenfall.supply_chain.sbom.packages import sbom_packages
from evenfall.supply_chain.sbom.report import describe_missing
from evenfall.supply_chain.sbom.validate import validate

LATEST_TIME = 253402300799
"""9999-12-31, in seconds since 1970: the latest time that a document can contain."""
MAX_PACKAGES = 5000
"""The maximum number of packages in a lock. cyclonedx-python-lib compares all pairs of components, which takes a minute for so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomRequest:
    """The project whose folder contains `folder`, or a script, and the options of the document.

    `environments` are Pythons or folders of environments that are searched for metadata first; by default it is the project's own.
    Without `network`, the metadata of packages that are not installed may be missing. `version` replaces the version of the project.
    """

    folder: Path
    script: Path | None = None
    version: str = ""
    runtime: bool = False
    environments: tuple[Path, ...] = ()
    network: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sbom:
    """A valid document as JSON, and a warning about missing metadata, which is empty if none is missing."""

    text: str
    warning: str


def generate_sbom(request: SbomRequest) -> Sbom:
    """Return the SBOM of a project or a script.

    Raises `EvenfallError`: usage as `read_inputs` does; unknown if metadata is missing although the network may be used.
    """
    subject = find_lock_subject(request.folder, request.script)
    inputs = read_inputs(subject, request)
    if request.version and inputs.about:
        inputs = replace(inputs, about=structs.replace(inputs.about, version=request.version))
    sources = own_sources(subject, environments=request.environments, network=request.network)
    metadata, warning = _read_metadata(inputs, sources)
    if warning and request.network:
        hint = f"{metadata_hint(inputs.lock, warning, subject.folder)}, then run this command again"
        raise EvenfallError(
            f"inconclusive: {warning}",
            hint=f"{hint}; or accept missing licenses with --offline",
            exit_code=Exit.UNKNOWN,
        )
    return Sbom(text=validate(sbom_document(replace(inputs, metadata=metadata))), warning=warning)


def read_inputs(subject: LockSubject, request: SbomRequest) -> SbomInputs:
    """Return the inputs of a document from the lock and the `pyproject.toml` of the project, without metadata.

    Raises `EvenfallError` (usage) if one of the files is missing or invalid, or if the lock has too many packages.
    """
    lock = subject.read_lock()
    if len(lock.package) > MAX_PACKAGES:
        raise EvenfallError(
            f"{lock.name}: {len(lock.package)} packages, but an SBOM can have at most {MAX_PACKAGES}",
            hint="evenfall licenses, which has no limit",
        )
    return SbomInputs(
        about=_about(subject, request.folder),
        lock=lock,
        lock_digest=lock_digest((subject.root / lock.name).read_bytes()),
        evenfall_version=version("evenfall"),
        time=_time(subject.root),
        runtime=request.runtime,
    )


def _about(subject: LockSubject, folder: Path) -> ProjectMetadata | None:
    """Return the description of the project that contains `folder`; None for a script, or a root without a project."""
    if subject.script:
        return None
    pyproject = read_pyproject(find_project(folder, subject.root) / NAME)
    return pyproject.metadata if pyproject.has_project else None


def _read_metadata(inputs: SbomInputs, sources: MetadataSources) -> tuple[dict[int, PackageMetadata], str]:
    """Return the known metadata by position in the lock, and a message about the missing metadata.

    The message is not about packages that are built from a local folder, because they need not be installed.
    """
    sbom = sbom_packages(inputs.lock, inputs.name, runtime=inputs.runtime)
    positions = [position for position in (sbom.root, *sbom.usages) if position < len(inputs.lock.package)]
    packages = [inputs.lock.package[position] for position in positions]
    known: dict[int, PackageMetadata] = {}
    missing: list[tuple[str, str]] = []
    found = add_license_files(packages, find_metadata(packages, sources), sources)
    for position, package, metadata in zip(positions, packages, found, strict=True):
        if isinstance(metadata, PackageMetadata):
            known[position] = metadata
        elif not package.source.is_folder:
            missing.append((package.name, metadata.reason))
    return known, describe_missing(missing)


def _time(root: Path) -> int | None:
    """Return the time of the document: SOURCE_DATE_EPOCH, or that of the last commit, or None if there is no commit.

    Raises `EvenfallError` (usage) if the variable is invalid. https://reproducible-builds.org/specs/source-date-epoch/
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

"""The locked packages that an audit covers, and those that it can't cover, each with the reason."""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE
from evenfall.project import lockfile
from evenfall.project.lock_graph import LockGraph, RequiredPackage
from evenfall.project.lockfile import PYPI, LockedPackage, Lockfile
from evenfall.project.toml import PYPROJECT, restore_command
from evenfall.supply_chain.versions import parse_version

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRequirement:
    """A requirement in a file of the project, which limits the versions that can be locked."""

    file: str
    name: str
    specifier: SpecifierSet

    @property
    def is_pin(self) -> bool:
        """Whether it allows only one version."""
        return any(each.operator in {"==", "==="} and not each.version.endswith(".*") for each in self.specifier)

    def allows(self, version: Version) -> bool:
        """Return whether the version can be locked."""
        return self.specifier.contains(version, prereleases=True)

    def __str__(self) -> str:
        return f'"{self.name}{self.specifier}" of {self.file}'


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedPackage:
    """A locked package with a version. `name` is normalized (PEP 503) and safe as a part of a command; `lock` is the lock's name.

    `declared` are the requirements of the project itself that name the package and limit its versions. `is_forked` is whether the lock has
    several versions of the package, for other systems, Pythons or extras. `excludes_newer` is whether uv ignores recent releases.
    """

    name: str
    version: Version
    required: RequiredPackage
    lock: str = lockfile.NAME
    declared: tuple[DeclaredRequirement, ...] = ()
    is_forked: bool = False
    excludes_newer: bool = False

    @property
    def line(self) -> int:
        """The line of the package in the lock."""
        return self.required.package.line

    @property
    def label(self) -> str:
        """Name, version, scope and dependency path."""
        path = f", required by {self.required.required_by}" if self.required.required_by else ""
        return f"{self.name} {self.version} ({self.required.scope}{path})"

    @property
    def other_source(self) -> str:
        """The source if it is not PyPI, without a password: an advisory may mean another package of the same name."""
        source = self.required.package.source
        return "" if (source.registry or "").rstrip("/") == PYPI else str(source)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnauditedPackage:
    """A locked package that no advisory can match, and the reason."""

    name: str
    lock: str
    line: int
    reason: str


def audited_packages(lock: Lockfile) -> tuple[AuditedPackage, ...]:
    """Return the packages that have a version, except the project and the members of its workspace.

    The packages of the noxfile's lock are tools. Raises `EvenfallError` (usage) with the line for a name or a version that uv would
    never write.
    """
    packages = tuple(each for each in LockGraph(lock).dependencies() if each.package.source.folder != ".")
    if lock.script == NOXFILE:
        packages = tuple(replace(required, scope="tools") for required in packages)
    declared, locked = [*_declared(lock)], Counter[str](canonicalize_name(each.package.name) for each in packages)
    found = filter(None, (_audited_package(required, lock.name, declared) for required in packages))
    excludes_newer = bool(lock.options.exclude_newer)
    return tuple(replace(each, is_forked=locked[each.name] > 1, excludes_newer=excludes_newer) for each in found)


def _declared(lock: Lockfile) -> Iterator[DeclaredRequirement]:
    """Yield the requirements of the script, or of the folders that uv builds, that limit the versions of a package.

    An override replaces all requirements of its package, in those folders, too.
    """
    manifest = lock.manifest
    own = (manifest.requirements, manifest.constraints, manifest.overrides, *manifest.dependency_groups.values())
    found = [(lock.script or PYPROJECT, requirement) for requirements in own for requirement in requirements]
    overridden = {canonicalize_name(requirement.name) for requirement in manifest.overrides}
    for package in lock.package:
        if package.source.folder is not None:
            file = posixpath.normpath(posixpath.join(package.source.folder, PYPROJECT))
            groups = (package.metadata.requires_dist, *package.metadata.requires_dev.values())
            required = (requirement for group in groups for requirement in group)
            found += [(file, each) for each in required if canonicalize_name(each.name) not in overridden]
    for file, requirement in dict.fromkeys(found):
        with contextlib.suppress(InvalidSpecifier):
            if requirement.specifier:
                name, specifier = canonicalize_name(requirement.name), SpecifierSet(requirement.specifier)
                yield DeclaredRequirement(file=file, name=name, specifier=specifier)


def _audited_package(
    required: RequiredPackage, lock: str, declared: Sequence[DeclaredRequirement]
) -> AuditedPackage | None:
    """Return None if the package has no version."""
    package = required.package
    if not _NAME.match(package.name):
        raise _invalid(lock, package, f"{package.name!r} is not a valid name (PEP 508)")
    if package.version is None:
        return None
    version = parse_version(package.version)
    if version is None:
        raise _invalid(lock, package, f"{package.version[:100]!r} of {package.name} is not a valid version (PEP 440)")
    name = canonicalize_name(package.name)
    # A requirement that does not allow the locked version is one for another system or another conflicting group.
    own = tuple(each for each in declared if each.name == name and each.allows(version))
    return AuditedPackage(name=name, version=version, required=required, lock=lock, declared=own)


def _invalid(lock: str, package: LockedPackage, problem: str) -> EvenfallError:
    return EvenfallError(f"{lock}:{package.line}: {problem}", hint=restore_command(Path(lock)))


def unaudited_packages(lock: Lockfile) -> tuple[UnauditedPackage, ...]:
    """Return the project itself, or the members of its workspace, and the packages that have no version."""
    own = {*LockGraph(lock).roots()}
    return tuple(
        UnauditedPackage(name=package.name, lock=lock.name, line=package.line, reason=f"{kind} ({package.source})")
        for position, package in enumerate(lock.package)
        for is_own in [position in own or package.source.folder == "."]
        for kind in ["the project itself" if is_own else "without a version"]
        if is_own or package.version is None
    )

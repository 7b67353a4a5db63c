"""The locked packages that an audit covers, and those that it can't cover, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import Version

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lock_graph import LockGraph, RequiredPackage, Scope
from evenfall.project.lockfile import LockedPackage, Lockfile, PackageSource
from evenfall.supply_chain.versions import parse_version
from evenfall.text import without_password

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_PYPI = re.compile(r"https://pypi\.org/simple/?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedPackage:
    """A locked package with a version. `name` is normalized (PEP 503) and safe as a part of a command."""

    name: str
    version: Version
    required: RequiredPackage

    @property
    def other_source(self) -> str:
        """The source if it is not PyPI, without a password: an advisory may mean another package of the same name."""
        source = self.required.package.source
        return "" if source.registry and _PYPI.match(source.registry) else printed_source(source)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnauditedPackage:
    """A locked package that no advisory can match, and the reason."""

    name: str
    line: int
    reason: str


def printed_source(source: PackageSource) -> str:
    """Return a source as text without its password."""
    return without_password(str(source)) or "an unnamed source"


def audited_packages(lock: Lockfile, only: Scope | None = None) -> tuple[AuditedPackage, ...]:
    """Return the third-party packages that have a version, of one scope or of both.

    Raises `EvenfallError` (usage) with the line for a name or a version that uv would never write.
    """
    third_party = LockGraph(lock).third_party()
    return tuple(_audited(each for each in third_party if only in {None, each.scope}))


def _audited(third_party: Iterable[RequiredPackage]) -> Iterator[AuditedPackage]:
    for each in third_party:
        package = each.package
        if not _NAME.match(package.name):
            raise _invalid(package, f"{package.name!r} is not a valid name (PEP 508)")
        if package.version is not None:
            yield AuditedPackage(name=canonicalize_name(package.name), version=_version(package), required=each)


def _version(package: LockedPackage) -> Version:
    if version := parse_version(package.version or ""):
        return version
    raise _invalid(package, f"{(package.version or '')[:100]!r} of {package.name} is not a valid version (PEP 440)")


def _invalid(package: LockedPackage, problem: str) -> EvenfallError:
    return EvenfallError(f"{lockfile.NAME}:{package.line}: {problem}", hint=f"git restore {lockfile.NAME}")


def unaudited_packages(lock: Lockfile) -> tuple[UnauditedPackage, ...]:
    """Return the packages that are built from a folder of the project or have no version."""
    return tuple(
        UnauditedPackage(name=package.name, line=package.line, reason=reason)
        for package in lock.package
        if (reason := _reason(package))
    )


def _reason(package: LockedPackage) -> str:
    if package.source.is_folder:
        return f"built from a folder ({printed_source(package.source)})"
    return "" if package.version is not None else f"without a version ({printed_source(package.source)})"

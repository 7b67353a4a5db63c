"""What an audit is about: the locked packages that advisories can speak of, and those that it leaves out, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import Version

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lock_graph import LockGraph, RequiredPackage, Scope
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.supply_chain.versions import parsed
from evenfall.text import without_password

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_PYPI = re.compile(r"https://pypi\.org/simple/?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedPackage:
    """A locked package with a version. `name` is normalized (PEP 503) and safe to write into a command."""

    name: str
    version: Version
    reached: RequiredPackage

    @property
    def elsewhere(self) -> str:
        """Where it comes from, if that is not PyPI: an advisory may mean another package of that name."""
        source = self.reached.package.source
        return "" if source.registry and _PYPI.match(source.registry) else shown(source)


def shown(source: PackageSource) -> str:
    """A source as it may be printed: without a password."""
    return without_password(str(source)) or "an unnamed source"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnauditedPackage:
    """A package that no advisory can speak of, and why."""

    name: str
    line: int
    why: str


def audited_packages(
    lock: Lockfile, only: Scope | None = None
) -> tuple[tuple[AuditedPackage, ...], tuple[UnauditedPackage, ...]]:
    """The packages to audit, of that scope or of both, and all those that can't be.

    Raises `EvenfallError` (usage) for a name or a version that uv would not have written, with its line.
    """
    reached = LockGraph(lock).third_party()
    found = tuple(_subjects(each for each in reached if only in {None, each.scope}))
    return found, tuple(_left(lock.package))


def _subjects(reached: Iterable[RequiredPackage]) -> Iterator[AuditedPackage]:
    for each in reached:
        package = each.package
        if not _NAME.match(package.name):
            raise _broken(package, f"{package.name!r} is no name (PEP 508)")
        if package.version is not None:
            yield AuditedPackage(name=canonicalize_name(package.name), version=_version(package), reached=each)


def _version(package: LockedPackage) -> Version:
    if version := parsed(package.version or ""):
        return version
    raise _broken(package, f"{(package.version or '')[:100]!r} of {package.name} is no version (PEP 440)")


def _broken(package: LockedPackage, why: str) -> EvenfallError:
    return EvenfallError(f"{lockfile.NAME}:{package.line}: {why}", hint=f"git restore {lockfile.NAME}")


def _left(packages: Iterable[LockedPackage]) -> Iterator[UnauditedPackage]:
    for package in packages:
        if package.source.is_folder:
            yield UnauditedPackage(name=package.name, line=package.line, why=f"built here ({shown(package.source)})")
        elif package.version is None:
            yield UnauditedPackage(
                name=package.name, line=package.line, why=f"it has no version ({shown(package.source)})"
            )

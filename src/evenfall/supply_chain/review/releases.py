"""Releases of a lock and their files, by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from packaging.utils import canonicalize_name, canonicalize_version, parse_sdist_filename

from evenfall.project.lock_graph import LockGraph, RequiredPackage
from evenfall.project.lockfile import DistributionFile, LockedPackage, Lockfile
from evenfall.supply_chain.versions import canonical
from evenfall.text import without_password

Named = Mapping[str, tuple[RequiredPackage, ...]]


def by_name(lock: Lockfile) -> Named:
    """Every package that is not built here, by its normalized name (PEP 503); a lock may hold several versions of one."""
    named: dict[str, tuple[RequiredPackage, ...]] = {}
    for reached in LockGraph(lock).third_party():
        name = canonicalize_name(reached.package.name)
        named[name] = (*named.get(name, ()), reached)
    return named


def version_of(package: LockedPackage) -> str:
    """Its version as it is told, with the commit of a repository's; where it has none, where it comes from, without a password."""
    if package.version is None:
        return without_password(str(package.source))
    commit = package.source.repository.commit if package.source.repository else ""
    return (
        f"{package.version} ({commit})" if commit else package.version
    )  # whole, for two commits can be made to begin alike


def release(package: LockedPackage) -> tuple[str, str]:
    """A package of a repository is another one with every commit, whatever its version says; `1.0.0` is the release `1.0`."""
    return canonical(package.version or str(package.source)), package.source.git or ""


def files_of(package: LockedPackage) -> Mapping[str, DistributionFile]:
    """By what their names mean; of two files of one name the first, for uv takes that. See `Tampered.doubled`."""
    files: dict[str, DistributionFile] = {}
    for file in package.files:
        files.setdefault(meaning(file.name), file)
    return files


def doubled(package: LockedPackage) -> tuple[str, ...]:
    """Names that stand there again: no index has two files of one name."""
    names = Counter(meaning(file.name) for file in package.files)
    return tuple(dict.fromkeys(file.name for file in package.files if names[meaning(file.name)] > 1))


@cache
def meaning(name: str) -> str:
    """The one way to write a file's name: `Lamp-1.0-01-py3-none-any.whl` is `lamp-1-1-py3-none-any.whl` to an installer.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention. Tags are not written
    out, one for each combination, as `packaging` does: a name may mean millions.
    """
    stem, dot, kind = name.rpartition(".")
    if kind == "whl" and stem.count("-") >= WHEEL_PARTS:
        project, version, *rest = stem.split("-")
        build = [re.sub(r"^0+(?=\d)", "", part) for part in rest[:-3]]
        tags = [".".join(sorted({*part.lower().split(".")})) for part in rest[-3:]]
        return f"{'-'.join((canonicalize_name(project), canonical(version), *build, *tags))}.{kind}"
    try:
        project, found = parse_sdist_filename(name)
    except ValueError:  # what is no distribution's name stays as it is
        return name
    return f"{project}-{canonicalize_version(found)}{dot}{kind}"


WHEEL_PARTS = 4
"""Dashes in a wheel's name: after the project, its version, the tags of Python and of the ABI."""

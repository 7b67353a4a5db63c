"""Releases and their files, compared regardless of how their versions and file names are written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from packaging.utils import canonicalize_name, canonicalize_version, parse_sdist_filename

from evenfall.project.lock_graph import LockGraph, RequiredPackage
from evenfall.project.lockfile import DistributionFile, LockedPackage, Lockfile
from evenfall.supply_chain.review.sources import normalized_source
from evenfall.supply_chain.versions import canonical_version

Releases = Mapping[str, tuple[RequiredPackage, ...]]
"""The locked releases of each package, by its normalized name; a lock may contain several."""
_WHEEL_DASHES = 4
"""The minimum: after the project, the version, the Python tag and the ABI tag."""


def releases_by_name(lock: Lockfile) -> Releases:
    """Return the releases that uv does not build from a local folder."""
    releases: dict[str, tuple[RequiredPackage, ...]] = {}
    for required in LockGraph(lock).third_party():
        name = canonicalize_name(required.package.name)
        releases[name] = (*releases.get(name, ()), required)
    return releases


def release_key(package: LockedPackage) -> tuple[str, str]:
    """Return what identifies a release: its version and, in a git repository, the commit."""
    return canonical_version(package.version or normalized_source(package.source)), package.source.git or ""


def printed_version(package: LockedPackage) -> str:
    """Return the version, with the commit in a git repository. A package without a version has its source.

    The commit is not shortened, because two commits can be made to start with the same digits.
    """
    if package.version is None:
        return str(package.source)
    commit = package.source.repository.commit if package.source.repository else ""
    return f"{package.version} ({commit})" if commit else package.version


def files_by_name(package: LockedPackage) -> Mapping[str, DistributionFile]:
    """Return the files of a package by normalized name. Of two files with the same name, it is the first, as for uv."""
    files: dict[str, DistributionFile] = {}
    for file in package.files:
        files.setdefault(normalized_file_name(file.name), file)
    return files


def duplicate_files(package: LockedPackage) -> tuple[str, ...]:
    """Return the names of files whose normalized name occurs more than once, which no index allows."""
    counts = Counter(normalized_file_name(file.name) for file in package.files)
    return tuple(dict.fromkeys(file.name for file in package.files if counts[normalized_file_name(file.name)] > 1))


@cache
def normalized_file_name(name: str) -> str:
    """Return a file name as an installer understands it: `Lamp-1.0-01-py3-none-any.whl` is `lamp-1-1-py3-none-any.whl`.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention. `packaging` would expand
    the tags, and a name may stand for millions of combinations.
    """
    stem, dot, extension = name.rpartition(".")
    if extension == "whl" and stem.count("-") >= _WHEEL_DASHES:
        project, version, *rest = stem.split("-")
        build = [re.sub(r"^0+(?=\d)", "", part) for part in rest[:-3]]
        tags = [".".join(sorted({*part.lower().split(".")})) for part in rest[-3:]]
        return f"{'-'.join((canonicalize_name(project), canonical_version(version), *build, *tags))}.{extension}"
    try:
        project, sdist_version = parse_sdist_filename(name)
    except ValueError:  # not the name of a distribution
        return name
    return f"{project}-{canonicalize_version(sdist_version)}{dot}{extension}"

"""Releases of a lock and their files, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from packaging.utils import canonicalize_name, canonicalize_version, parse_sdist_filename, parse_wheel_filename

from evenfall.errors import without_password
from evenfall.project.lockfile import File, Lockfile, Package
from evenfall.supply.closure import Reached, third_party
from evenfall.supply.versions import canonical

Named = Mapping[str, tuple[Reached, ...]]


def by_name(lock: Lockfile) -> Named:
    """Every package that is not built here, by its normalized name (PEP 503); a lock may hold several versions of one."""
    named: dict[str, tuple[Reached, ...]] = {}
    for reached in third_party(lock):
        name = canonicalize_name(reached.package.name)
        named[name] = (*named.get(name, ()), reached)
    return named


def version_of(package: Package) -> str:
    """Its version as it is told, with the commit of a repository's; where it has none, where it comes from, without a password."""
    if package.version is None:
        return without_password(str(package.source))
    repository = package.source.repository
    return f"{package.version} ({repository.commit[:SHORT]})" if repository else package.version


SHORT = 10
"""Characters of a commit that are told."""


def release(package: Package) -> tuple[str, str]:
    """A package of a repository is another one with every commit, whatever its version says; `1.0.0` is the release `1.0`."""
    return canonical(package.version or str(package.source)), package.source.git or ""


def files_of(package: Package) -> Mapping[str, File]:
    """By what their names mean; of two files of one name the first, for uv takes that. See `Tampered.doubled`."""
    files: dict[str, File] = {}
    for file in package.files:
        files.setdefault(meaning(file.name), file)
    return files


def doubled(package: Package) -> tuple[str, ...]:
    """Names that stand there again: no index has two files of one name."""
    names = Counter(meaning(file.name) for file in package.files)
    return tuple(dict.fromkeys(file.name for file in package.files if names[meaning(file.name)] > 1))


@cache
def meaning(name: str) -> str:
    """The one way to write a file's name: `Lamp-1.0-py3-none-any.whl` is `lamp-1.0.0-py3-none-any.whl` to an installer.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
    """
    try:
        if name.endswith(".whl"):
            project, version, build, tags = parse_wheel_filename(name)
            return f"{project}-{canonicalize_version(version)}-{build}-{sorted(map(str, tags))}.whl"
        project, version = parse_sdist_filename(name)
        return f"{project}-{canonicalize_version(version)}{'.zip' if name.endswith('.zip') else '.tar.gz'}"
    except ValueError:  # what is no distribution's name stays as it is
        return name

"""A project's lock, which must be of what the project asks for: one that was written before speaks of another project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name, canonicalize_version

from evenfall.errors import EvenfallError
from evenfall.project.lockfile import (
    NAME,
    LockedPackage,
    LockedRequirement,
    Lockfile,
    checked_project_lock,
    read_lockfile,
)
from evenfall.project.pyproject import NAME as PYPROJECT
from evenfall.project.pyproject import read_toml
from evenfall.text import one_line


class _Project(msgspec.Struct, frozen=True, rename="kebab"):
    dynamic: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    optional_dependencies: dict[str, tuple[str, ...]] = {}


class _File(msgspec.Struct, frozen=True, rename="kebab"):
    project: _Project = _Project()
    dependency_groups: dict[str, tuple[str | dict[str, str], ...]] = {}


def read_project_lock(path: Path) -> Lockfile:
    """As `read_lockfile`, of a project's lock. Raises `EvenfallError` (usage) as `checked_project_lock` and `check_current` do, too."""
    lock = checked_project_lock(read_lockfile(path), path.name)
    check_current(lock, path.parent)
    return lock


def check_current(lock: Lockfile, root: Path) -> None:
    """Raises `EvenfallError` (usage) where the project in `root`, or a member of its workspace, asks for what its lock does not know.

    `uv lock --check` looks at more, and may need the index and a build; this needs neither.
    """
    members = {*map(canonicalize_name, lock.manifest.members)}
    own = [
        package
        for package in lock.package
        if package.source.folder == "." or (package.source.is_folder and canonicalize_name(package.name) in members)
    ]
    for package in own:
        file = _read(root / (package.source.folder or "") / PYPROJECT)
        _refuse(f"{NAME}:{package.line}: {package.name}", [*_unknown(file, package)])
    if lock.manifest.dependency_groups:
        _refuse(f"{NAME}: the project", [*_unknown_of_groups(_read(root / PYPROJECT), lock.manifest.dependency_groups)])


def _refuse(who: str, unknown: Sequence[str]) -> None:
    if unknown:
        said = one_line(", ".join(unknown))
        raise EvenfallError(f"{who} asks for {said}, of which the lock does not know", hint="uv lock")


def _read(path: Path) -> _File:
    """What is not as the specification has it, or not there, is for uv to refuse."""
    try:
        return msgspec.convert(read_toml(path), _File) if path.is_file() else _File()
    except msgspec.ValidationError:
        return _File()


def _unknown(file: _File, package: LockedPackage) -> Iterator[str]:
    known = package.metadata.requires_dist
    exactly = not file.project.dynamic  # else uv asked the backend, which may write versions in another way
    always = [each for each in known if "extra ==" not in each.marker]
    own: tuple[list[str], list[str]] = ([], [])
    for each in file.project.dependencies:  # whose own marker may name an extra
        own["extra" in each.partition(";")[2]].append(each)
    yield from _not_in(own[False], always, exactly=exactly)
    for asked in (own[True], *file.project.optional_dependencies.values()):
        yield from _not_in(asked, known, exactly=exactly)
    yield from _unknown_of_groups(file, package.metadata.requires_dev)


def _unknown_of_groups(file: _File, stated: Mapping[str, tuple[LockedRequirement, ...]]) -> Iterator[str]:
    groups = {canonicalize_name(name): known for name, known in stated.items()}
    for name, asked in file.dependency_groups.items():
        own = (each for each in asked if isinstance(each, str))
        yield from _not_in(own, groups.get(canonicalize_name(name), ()), exactly=True)


def _not_in(asked: Iterable[str], known: Iterable[LockedRequirement], *, exactly: bool) -> Iterator[str]:
    named: dict[str, list[LockedRequirement]] = {}
    for each in known:
        named.setdefault(canonicalize_name(each.name), []).append(each)
    for text in asked:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        same = named.get(canonicalize_name(requirement.name), ())
        if not any(_is_same(requirement, each, exactly=exactly) for each in same):
            yield text


def _is_same(requirement: Requirement, known: LockedRequirement, *, exactly: bool) -> bool:
    """Whether it is that, in whatever way it is written. A place of its own stands instead of a version."""
    if {*map(canonicalize_name, requirement.extras)} != {*map(canonicalize_name, known.extras)}:
        return False
    if not exactly or known.has_place or requirement.url is not None:
        return True
    return _normal(requirement.specifier) == _normal(SpecifierSet(known.specifier))


def _normal(specifiers: Iterable[Specifier]) -> frozenset[tuple[str, str]]:
    """Each with its version in one way to write it; `SpecifierSet` compares `==2024.08.*` and `===1.0-rc1` letter by letter."""
    return frozenset((each.operator, _version(each.operator, each.version)) for each in specifiers)


def _version(operator: str, text: str) -> str:
    stem = text.removesuffix(".*")
    zeros_count = operator in {"~=", "==="} or stem != text
    return canonicalize_version(stem, strip_trailing_zero=not zeros_count) + text[len(stem) :]

"""A project's lock, which must be of what the project asks for: one that was written before speaks of another project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.lockfile import NAME, Lockfile, Package, Required, checked_project_lock, read_lockfile
from evenfall.project.pyproject import NAME as PYPROJECT
from evenfall.project.pyproject import read_toml


class _Project(msgspec.Struct, frozen=True, rename="kebab"):
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
    for package in lock.package:
        if package.source.folder == "." or _is_member(package, lock):
            for requirement in _unknown(root / (package.source.folder or "") / PYPROJECT, package):
                raise EvenfallError(
                    f"{NAME}:{package.line}: {package.name} asks for {requirement}, of which the lock does not know",
                    hint="uv lock",
                )


def _is_member(package: Package, lock: Lockfile) -> bool:
    members = {*map(canonicalize_name, lock.manifest.members)}
    return package.source.is_folder and canonicalize_name(package.name) in members


def _unknown(path: Path, package: Package) -> Iterator[str]:
    """What is not as the specification has it, or not there, is for uv to refuse."""
    if not path.is_file():
        return
    try:
        file = msgspec.convert(read_toml(path), _File)
    except msgspec.ValidationError:
        return
    stated = package.metadata
    own = (
        *file.project.dependencies,
        *(each for extra in file.project.optional_dependencies.values() for each in extra),
    )
    yield from _not_in(own, stated.requires_dist)
    groups: Mapping[str, tuple[Required, ...]] = {
        canonicalize_name(name): known for name, known in stated.requires_dev.items()
    }
    for name, asked in file.dependency_groups.items():
        yield from _not_in((each for each in asked if isinstance(each, str)), groups.get(canonicalize_name(name), ()))


def _not_in(asked: Iterable[str], known: Iterable[Required]) -> Iterator[str]:
    named: dict[str, list[Required]] = {}
    for each in known:
        named.setdefault(canonicalize_name(each.name), []).append(each)
    for text in asked:
        with suppress(InvalidRequirement, InvalidSpecifier):
            requirement = Requirement(text)
            if not any(_is_same(requirement, each) for each in named.get(canonicalize_name(requirement.name), ())):
                yield text


def _is_same(requirement: Requirement, known: Required) -> bool:
    """A place of its own, as `[tool.uv.sources]` gives, stands instead of a version."""
    return known.has_place or requirement.url is not None or requirement.specifier == SpecifierSet(known.specifier)

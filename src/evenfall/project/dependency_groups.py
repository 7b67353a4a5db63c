"""The dependency groups (PEP 735), as uv reads them: names, includes, defaults, Pythons of their own, and conflicts.

https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-groups
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.python_names import allows_minor
from evenfall.text import did_you_mean

_FILE = "pyproject.toml"


class GroupInclude(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """An entry of a group that stands for another group."""

    include_group: str


GroupTable = dict[str, tuple[str | GroupInclude, ...]]
"""The table `[dependency-groups]`."""


class _OneGroup(msgspec.Struct, frozen=True, rename="kebab"):
    requires_python: str = ""


class _ConflictItem(msgspec.Struct, frozen=True):
    package: str = ""
    group: str = ""
    extra: str = ""


class GroupSettings(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """The keys of `[tool.uv]` about groups."""

    dev_dependencies: tuple[str, ...] | None = None
    default_groups: tuple[str, ...] | Literal["all"] = ("dev",)
    dependency_groups: dict[str, _OneGroup] = {}
    conflicts: tuple[tuple[_ConflictItem, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyGroups:
    """The groups of a project. All names are normalized, because uv compares them so.

    `default` are those that `uv run` and `uv sync` install. `included` are the groups that a group consists of: itself, and those
    that it includes directly or indirectly. `requires_python` is what a group and those that it includes require in addition to the
    project. `conflicts` are sets of names such as `group dev` and `extra fast`, of which at most one can be installed.
    """

    names: tuple[str, ...] = ()
    default: tuple[str, ...] = ()
    included: Mapping[str, frozenset[str]]
    requires_python: Mapping[str, SpecifierSet]
    conflicts: tuple[frozenset[str], ...] = ()

    def conflict(self, groups: Iterable[str], extras: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the first two that can't be installed together, such as `("group dev", "group old")`; empty if there are none."""
        requested = [*(f"group {canonicalize_name(name)}" for name in groups)]
        requested += [f"extra {canonicalize_name(name)}" for name in extras]
        for pair in combinations(dict.fromkeys(requested), 2) if self.conflicts else ():
            one, other = map(self._parts, pair)
            if any(a != b and {a, b} <= conflict for conflict in self.conflicts for a in one for b in other):
                return pair
        return ()

    def installed(self, groups: Iterable[str]) -> frozenset[str]:
        """Return these groups and all that they include."""
        return frozenset(part for name in groups for part in self.included.get(name, ()))

    def _parts(self, name: str) -> set[str]:
        """Return what installing a group brings: uv applies the conflicts of the groups that it includes as well."""
        kind, _, group = name.partition(" ")
        return {f"group {each}" for each in self.included.get(group, ())} if kind == "group" else {name}

    def allows(self, groups: Iterable[str], version: str) -> bool:
        """Return whether all of these groups can be installed on a minor version of Python."""
        specifiers = [specifier for name in groups if (specifier := self.requires_python.get(name))]
        return not specifiers or allows_minor(SpecifierSet(",".join(map(str, specifiers))), version)


def merge_groups(several: Sequence[DependencyGroups]) -> DependencyGroups:
    """Return the groups of several projects; groups with the same name are one."""
    names = dict.fromkeys(name for groups in several for name in groups.names)
    return DependencyGroups(
        names=tuple(names),
        default=tuple(dict.fromkeys(name for groups in several for name in groups.default)),
        included={name: frozenset().union(*(groups.included.get(name, ()) for groups in several)) for name in names},
        requires_python={
            name: _joined(groups.requires_python[name] for groups in several if name in groups.requires_python)
            for name in names
        },
        conflicts=tuple(dict.fromkeys(conflict for groups in several for conflict in groups.conflicts)),
    )


def read_groups(table: GroupTable, settings: GroupSettings, projects: Collection[str]) -> DependencyGroups:
    """Return the groups of a project. `projects` are the normalized names of it, and of others that are installed with it.

    Raises `EvenfallError` (usage), as uv does: two names are the same, groups include each other, an included or a default group does
    not exist, or a version specifier is not valid.
    """
    has_dev = any(canonicalize_name(name) == "dev" for name in table) or settings.dev_dependencies is None
    names = _normalized([*table, *([] if has_dev else ["dev"])])
    direct: dict[str, tuple[str, ...]] = dict.fromkeys(names, ()) | {
        canonicalize_name(name): tuple(canonicalize_name(e.include_group) for e in entries if not isinstance(e, str))
        for name, entries in table.items()
    }
    included = {name: frozenset(_included(name, direct, ())) for name in names}
    own: dict[str, SpecifierSet] = {
        canonicalize_name(name): _specifier(name, group) for name, group in settings.dependency_groups.items()
    }
    return DependencyGroups(
        names=names,
        default=_default(settings.default_groups, names),
        included=included,
        requires_python={name: _joined(own[each] for each in parts if each in own) for name, parts in included.items()},
        conflicts=tuple(frozenset(_conflict(items, projects)) for items in settings.conflicts),
    )


def _normalized(written: Iterable[str]) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for name in written:
        normalized = canonicalize_name(name)
        if normalized in names:
            raise EvenfallError(
                f"{_FILE}: dependency-groups.{name}: the same name as {names[normalized]}, because names are normalized (PEP 503)",
                hint="rename one of them",
            )
        names[normalized] = name
    return tuple(names)


def _included(name: str, direct: Mapping[str, tuple[str, ...]], path: tuple[str, ...]) -> Iterator[str]:
    if name in path:
        raise EvenfallError(
            f"{_FILE}: dependency-groups.{name}: the groups include each other: {' > '.join((*path, name))}",
            hint="remove one include-group",
        )
    yield name
    for other in direct[name]:
        if other not in direct:
            raise EvenfallError(
                f"{_FILE}: dependency-groups.{name}: includes {other!r}, which is not a group{did_you_mean(other, direct)}",
                hint="correct include-group",
            )
        yield from _included(other, direct, (*path, name))


def _default(configured: tuple[str, ...] | str, names: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(configured, str):
        return names
    default = tuple(dict.fromkeys(map(canonicalize_name, configured)))
    for name in default:
        if name not in names and name != "dev":  # the default of the key, which need not exist
            raise EvenfallError(
                f"{_FILE}: tool.uv.default-groups: no dependency group {name!r}{did_you_mean(name, names)}",
                hint="correct the key",
            )
    return tuple(name for name in default if name in names)


def _specifier(name: str, group: _OneGroup) -> SpecifierSet:
    try:
        return SpecifierSet(group.requires_python)
    except InvalidSpecifier as error:
        raise EvenfallError(
            f"{_FILE}: tool.uv.dependency-groups.{name}.requires-python: {error}", hint='write it like ">=3.12"'
        ) from error


def _joined(specifiers: Iterable[SpecifierSet]) -> SpecifierSet:
    return SpecifierSet(",".join(sorted(filter(None, map(str, specifiers)))))


def _conflict(items: Iterable[_ConflictItem], projects: Collection[str]) -> Iterator[str]:
    """Yield the names of a conflict that are of these projects; a conflict can also name extras and groups of other packages."""
    for item in items:
        if item.package and canonicalize_name(item.package) not in projects:
            continue
        if item.group or item.extra:
            yield f"group {canonicalize_name(item.group)}" if item.group else f"extra {canonicalize_name(item.extra)}"

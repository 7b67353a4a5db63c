"""Releases that came, and are not as those that were there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import PYPI, Lockfile
from evenfall.supply_chain.review.releases import doubled
from evenfall.supply_chain.review.sources import Habits, habits, host, normal, place


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """A release that came, and is not as those of its index are.

    Of its files: those on a server that its index's files did not lie on, those without a hash though the others have one, and
    names that stand twice. `new_place`: no package came from its index, repository, address or folder before.
    """

    reached: RequiredPackage
    new_place: bool = False
    from_elsewhere: tuple[str, ...] = ()
    without_hash: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the base knows: the names of its packages, where they come from, and what their indexes do. `empty`: there is none."""

    names: frozenset[str]
    places: frozenset[str]
    habits: Mapping[str, Habits]
    empty: bool

    @classmethod
    def of(cls, lock: Lockfile) -> Known:
        """Of a base's lock."""
        return cls(
            names=frozenset(canonicalize_name(package.name) for package in lock.package),
            places=frozenset((f"registry {PYPI}", *map(place, lock.package))),
            habits=habits(lock.package),
            empty=not lock.package,
        )


def strange(new: RequiredPackage, known: Known) -> Strange | None:
    """What is strange of a release that came, where anything is."""
    package = new.package
    is_new = not known.empty and canonicalize_name(package.name) not in known.names
    index = known.habits.get(normal(package.source.registry)) if package.source.registry else None
    files = package.files if package.source.registry else ()
    found = Strange(
        reached=new,
        new_place=is_new and place(package) not in known.places,
        from_elsewhere=tuple(file.name for file in files if index and host(file) not in index.hosts),
        without_hash=tuple(
            file.name for file in files if host(file) and file.hash is None and not (index and index.unhashed)
        ),
        doubled=doubled(package),
    )
    return found if found.new_place or found.from_elsewhere or found.without_hash or found.doubled else None

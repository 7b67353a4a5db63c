"""Two locks side by side: packages that came, went and changed, and releases that are not what they were."""

from __future__ import annotations

from dataclasses import dataclass

from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.supply_chain.review.changed_files import Tampered, tampered
from evenfall.supply_chain.review.new_releases import Known, Strange, strange
from evenfall.supply_chain.review.releases import Named, by_name, release
from evenfall.supply_chain.review.source_changes import between_folders, built, moved
from evenfall.supply_chain.versions import parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A package of that name (PEP 503) in other releases than before; a lock may hold several. `new` are those that came."""

    name: str
    before: tuple[LockedPackage, ...]
    after: tuple[LockedPackage, ...]
    new: tuple[RequiredPackage, ...]

    @property
    def kind(self) -> str:
        """What happened: added, removed, upgraded, downgraded, or changed where that can't be told."""
        if not self.before or not self.after:
            return "added" if self.after else "removed"
        before, after = ([parsed(each.version or "") for each in several] for several in (self.before, self.after))
        if None in before or None in after:
            return "changed"
        old, new = max(filter(None, before)), max(filter(None, after))
        return "upgraded" if new > old else "downgraded" if new < old else "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """All of it, by name. `moved` are packages that come from elsewhere along with a new version, or are or were built from a
    folder: the new one, before, after. `built` are those that are built from a folder and were not there.
    """

    changes: tuple[Change, ...]
    tampered: tuple[Tampered, ...]
    strange: tuple[Strange, ...]
    moved: tuple[tuple[LockedPackage, str, str], ...]
    built: tuple[LockedPackage, ...]

    @property
    def new(self) -> tuple[RequiredPackage, ...]:
        """The releases that came."""
        return tuple(reached for change in self.changes for reached in change.new)


def compare(before: Lockfile, after: Lockfile) -> Differences:
    """What differs. Raises `EvenfallError` (usage) for a lock that does not hold what it needs."""
    old, new = by_name(before), by_name(after)
    names = sorted(old.keys() | new.keys())
    changes = tuple(change for name in names if (change := _change(name, old, new)))
    elsewhere = tuple(move for name in names if (move := moved(old.get(name, ()), new.get(name, ()))))
    known = Known.of(before)
    return Differences(
        changes=changes,
        tampered=tuple(found for name in names for found in tampered(old.get(name, ()), new.get(name, ()))),
        strange=tuple(found for change in changes for each in change.new if (found := strange(each, known))),
        moved=(*elsewhere, *between_folders(before, after)),
        built=tuple(built(before, after)),
    )


def _change(name: str, old: Named, new: Named) -> Change | None:
    before, after = old.get(name, ()), new.get(name, ())
    known = {release(each.package) for each in before}
    if known == {release(each.package) for each in after}:
        return None
    return Change(
        name=name,
        before=tuple(each.package for each in before),
        after=tuple(each.package for each in after),
        new=tuple(each for each in after if release(each.package) not in known),
    )

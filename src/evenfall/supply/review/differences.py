"""Two locks side by side: packages that came, went and changed, and releases that are not what they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from evenfall.errors import without_password
from evenfall.project.lockfile import File, Lockfile, Package, Source
from evenfall.supply.closure import Reached, third_party
from evenfall.supply.review.places import PYPI, Habits, folder, habits, host, normal, place, told
from evenfall.supply.versions import parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A package of that name (PEP 503) with other versions than before; a lock may hold several. `new` are those that came."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    new: tuple[Reached, ...]

    @property
    def kind(self) -> str:
        """What happened: added, removed, upgraded, downgraded, or changed where that can't be told."""
        if not self.before or not self.after:
            return "added" if self.after else "removed"
        before, after = ([parsed(version) for version in versions] for versions in (self.before, self.after))
        if None in before or None in after:
            return "changed"
        old, new = max(filter(None, before)), max(filter(None, after))
        return "upgraded" if new > old else "downgraded" if new < old else "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampered:
    """A release that both locks hold, and that is not the same: its index, or its files. `sources` are before and after.

    `from_elsewhere`: files from a host that none of its files came from before.
    """

    reached: Reached
    sources: tuple[str, str] | None = None
    other_hash: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    from_elsewhere: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    no_wheel_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """A release that came, and is not as those of its index are.

    Of its files: those on a server that its index's files did not lie on, those without a hash though the others have one, and
    names that stand twice. `new_place`: no package came from its index, repository, address or folder before.
    """

    reached: Reached
    new_place: bool = False
    from_elsewhere: tuple[str, ...] = ()
    without_hash: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """All of it, by name. `moved` are packages that come from elsewhere along with a new version, or are or were built from a
    folder: the new one, before, after. `built` are those that are built from a folder and were not there.
    """

    changes: tuple[Change, ...]
    tampered: tuple[Tampered, ...]
    strange: tuple[Strange, ...]
    moved: tuple[tuple[Package, str, str], ...]
    built: tuple[Package, ...]

    @property
    def new(self) -> tuple[Reached, ...]:
        """The releases that came."""
        return tuple(reached for change in self.changes for reached in change.new)


def compare(before: Lockfile, after: Lockfile) -> Differences:
    """What differs. Raises `EvenfallError` (usage) for a lock that does not hold what it needs."""
    old, new = _by_name(before), _by_name(after)
    names = sorted(old.keys() | new.keys())
    changes = tuple(change for name in names if (change := _change(name, old, new)))
    moved = tuple(moved for name in names if (moved := _moved(old.get(name, ()), new.get(name, ()))))
    known = Known.of(before)
    return Differences(
        changes=changes,
        tampered=tuple(found for name in names for found in _tampered(old.get(name, ()), new.get(name, ()))),
        strange=tuple(found for change in changes for each in change.new if (found := _strange(each, known))),
        moved=(*moved, *_between_folders(before, after)),
        built=tuple(_built(before, after)),
    )


Named = Mapping[str, tuple[Reached, ...]]


def _by_name(lock: Lockfile) -> Named:
    named: dict[str, tuple[Reached, ...]] = {}
    for reached in third_party(lock):
        name = canonicalize_name(reached.package.name)
        named[name] = (*named.get(name, ()), reached)
    return named


def version_of(package: Package) -> str:
    """Its version, or where it comes from, without a password: a repository's package may have none, and its commit is what counts."""
    return package.version or without_password(str(package.source))


def _release(package: Package) -> tuple[str, str]:
    """A package of a repository is another one with every commit, whatever its version says."""
    return version_of(package), package.source.git or ""


def _change(name: str, old: Named, new: Named) -> Change | None:
    before, after = old.get(name, ()), new.get(name, ())
    known = {_release(each.package) for each in before}
    if known == {_release(each.package) for each in after}:
        return None
    return Change(
        name=name,
        before=_versions(before),
        after=_versions(after),
        new=tuple(each for each in after if _release(each.package) not in known),
    )


def _versions(several: tuple[Reached, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(version_of(each.package) for each in several))


def _tampered(before: tuple[Reached, ...], after: tuple[Reached, ...]) -> Iterator[Tampered]:
    for new in after:
        same = [old for old in before if _release(old.package) == _release(new.package)]
        found = [_compared(old, new) for old in same]
        if found and all(found):  # in a lock with forks, one of several may be the same
            yield from (each for each in found[:1] if each)


def _compared(old: Reached, new: Reached) -> Tampered | None:
    sources = (told(old.package.source), told(new.package.source))
    files, now = _files(old.package), _files(new.package)
    found = Tampered(
        reached=new,
        sources=sources if sources[0] != sources[1] else None,
        other_hash=tuple(name for name in files if name in now and _differs(files[name], now[name])),
        gone=tuple(name for name in files if name not in now),
        came=tuple(name for name in now if name not in files),
        from_elsewhere=tuple(name for name, file in now.items() if host(file) not in {*map(host, files.values())}),
        doubled=_doubled(new.package),
        no_wheel_left=bool(old.package.wheels) and not new.package.wheels,
    )
    same = not (found.sources or found.other_hash or found.gone or found.came or found.from_elsewhere or found.doubled)
    return None if same else found


def _files(package: Package) -> Mapping[str, File]:
    """By their names; of two files of one name the first, for uv takes that. See `Tampered.doubled`."""
    files: dict[str, File] = {}
    for file in package.files:
        files.setdefault(file.name, file)
    return files


def _doubled(package: Package) -> tuple[str, ...]:
    """Names that stand twice: no index has two files of one name."""
    counted = Counter(file.name for file in package.files)
    return tuple(name for name, number in counted.items() if number > 1)


def _differs(old: File, new: File) -> bool:
    """A hash that was there and is not any more differs too: what is installed then is not checked."""
    return old.hash is not None and old.hash != new.hash


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


def _strange(new: Reached, known: Known) -> Strange | None:
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
        doubled=_doubled(package),
    )
    return found if found.new_place or found.from_elsewhere or found.without_hash or found.doubled else None


def _moved(before: tuple[Reached, ...], after: tuple[Reached, ...]) -> tuple[Package, str, str] | None:
    """A new version from a place that no version came from before."""
    places = {place(each.package) for each in before}
    known = {_release(each.package) for each in before}
    for new in after:
        if places and _release(new.package) not in known and place(new.package) not in places:
            return new.package, ", ".join(sorted(places)), place(new.package)
    return None


def _between_folders(before: Lockfile, after: Lockfile) -> Iterator[tuple[Package, str, str]]:
    """From a folder to elsewhere, or to a folder from elsewhere; a lock may hold one of each, for different systems."""
    old = _sources(before)
    for package in after.package:
        was = old.get(canonicalize_name(package.name), ())
        if was and all(each.is_folder is not package.source.is_folder for each in was):
            yield package, ", ".join(map(told, was)), told(package.source)


def _built(before: Lockfile, after: Lockfile) -> Iterator[Package]:
    """Neither the project itself nor what came from elsewhere before."""
    old = _sources(before)
    for package in after.package:
        was = old.get(canonicalize_name(package.name), ())
        folders = {folder(each) for each in was if each.is_folder}
        if package.source.is_folder and (folders or not was) and folder(package.source) not in {".", *folders}:
            yield package


def _sources(lock: Lockfile) -> Mapping[str, tuple[Source, ...]]:
    named: dict[str, tuple[Source, ...]] = {}
    for package in lock.package:
        name = canonicalize_name(package.name)
        named[name] = (*named.get(name, ()), package.source)
    return named

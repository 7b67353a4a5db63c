"""Two locks side by side: packages that came, went and changed, and releases that are not what they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from evenfall.errors import without_password
from evenfall.project.lockfile import File, Lockfile, Package
from evenfall.supply.closure import Reached, third_party


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
        try:
            old, new = max(map(Version, self.before)), max(map(Version, self.after))
        except InvalidVersion:
            return "changed"
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
class Differences:
    """All of it, by name. `moved` are packages whose version changed along with where they come from: the new one, before,
    after; `into_folders` are those that are built from a folder now.
    """

    changes: tuple[Change, ...]
    tampered: tuple[Tampered, ...]
    moved: tuple[tuple[Reached, str, str], ...]
    into_folders: tuple[Package, ...]

    @property
    def new(self) -> tuple[Reached, ...]:
        """The releases that came."""
        return tuple(reached for change in self.changes for reached in change.new)


def compare(before: Lockfile, after: Lockfile) -> Differences:
    """What differs. Raises `EvenfallError` (usage) for a lock that does not hold what it needs."""
    old, new = _by_name(before), _by_name(after)
    names = sorted(old.keys() | new.keys())
    return Differences(
        changes=tuple(change for name in names if (change := _change(name, old, new))),
        tampered=tuple(found for name in names for found in _tampered(old.get(name, ()), new.get(name, ()))),
        moved=tuple(moved for name in names if (moved := _moved(old.get(name, ()), new.get(name, ())))),
        into_folders=tuple(
            package
            for package in after.package
            if package.source.is_folder and canonicalize_name(package.name) in old.keys() - new.keys()
        ),
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
    sources = (str(old.package.source), str(new.package.source))
    files, now = _files(old.package), _files(new.package)
    found = Tampered(
        reached=new,
        sources=sources if sources[0] != sources[1] else None,
        other_hash=tuple(name for name in files if name in now and _differs(files[name], now[name])),
        gone=tuple(name for name in files if name not in now),
        came=tuple(name for name in now if name not in files),
        from_elsewhere=tuple(name for name, file in now.items() if _host(file) not in {*map(_host, files.values())}),
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


def _host(file: File) -> str:
    parts = urlsplit(file.url or "")
    return f"{parts.scheme}://{parts.hostname}"


def _differs(old: File, new: File) -> bool:
    """A hash that was there and is not any more differs too: what is installed then is not checked."""
    return old.hash is not None and old.hash != new.hash


def _moved(before: tuple[Reached, ...], after: tuple[Reached, ...]) -> tuple[Reached, str, str] | None:
    """A new version from a place that no version came from before."""
    places = {_place(each.package) for each in before}
    known = {_release(each.package) for each in before}
    for new in after:
        if places and _release(new.package) not in known and _place(new.package) not in places:
            return new, ", ".join(sorted(places)), _place(new.package)
    return None


def _place(package: Package) -> str:
    """Where it comes from, whichever version: of a repository without the commit, of an address without the file."""
    source = package.source
    if source.git:
        return f"git {source.git.partition('?')[0].partition('#')[0]}"
    return f"url {source.url.rpartition('/')[0]}" if source.url else str(source)

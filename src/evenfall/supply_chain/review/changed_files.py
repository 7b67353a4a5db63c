"""Releases that are not what they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import DistributionFile
from evenfall.supply_chain.review.releases import doubled, files_of, release
from evenfall.supply_chain.review.sources import host, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampered:
    """A release that both locks hold, and that is not the same: its index, or its files. `sources` are before and after.

    `from_elsewhere`: files from a host that none of its files came from before.
    """

    reached: RequiredPackage
    sources: tuple[str, str] | None = None
    other_hash: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    from_elsewhere: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    no_wheel_left: bool = False


def tampered(before: tuple[RequiredPackage, ...], after: tuple[RequiredPackage, ...]) -> Iterator[Tampered]:
    """The releases of one package that both locks hold and that are not the same."""
    for new in after:
        same = [old for old in before if release(old.package) == release(new.package)]
        found = [_compared(old, new) for old in same]
        if found and all(found):  # in a lock with forks, one of several may be the same
            yield from (each for each in found[:1] if each)


def _compared(old: RequiredPackage, new: RequiredPackage) -> Tampered | None:
    sources = (told(old.package.source), told(new.package.source))
    files, now = files_of(old.package), files_of(new.package)
    found = Tampered(
        reached=new,
        sources=sources if sources[0] != sources[1] else None,
        other_hash=tuple(file.name for key, file in now.items() if key in files and _differs(files[key], file)),
        gone=tuple(file.name for key, file in files.items() if key not in now),
        came=tuple(file.name for key, file in now.items() if key not in files),
        from_elsewhere=tuple(file.name for file in now.values() if host(file) not in {*map(host, files.values())}),
        doubled=doubled(new.package),
        no_wheel_left=bool(old.package.wheels) and not new.package.wheels,
    )
    same = not (found.sources or found.other_hash or found.gone or found.came or found.from_elsewhere or found.doubled)
    return None if same else found


def _differs(old: DistributionFile, new: DistributionFile) -> bool:
    """A hash that was there and is not any more differs too: what is installed then is not checked."""
    return old.hash is not None and old.hash != new.hash

"""What two documents differ in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.supply_chain.sbom.reading import Component, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One component: what it was and is (`None` where it is not there), and each thing in which it differs."""

    kind: Literal["added", "removed", "changed"]
    name: str
    old: str | None
    new: str | None
    what: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind:<7} {self.name}" + (f": {'; '.join(self.what)}" if self.what else "")


def changes(old: Document, new: Document) -> tuple[Change, ...]:
    """By name. A license is compared where both documents know one, a version where the new one knows it."""
    before, after = _named(old), _named(new)
    return tuple(
        change
        for name in sorted(before.keys() | after.keys())
        for change in _of_one_name(name, before.get(name, []), after.get(name, []))
    )


def _named(document: Document) -> Mapping[str, list[Component]]:
    found: dict[str, list[Component]] = {}
    for component in document.every:
        found.setdefault(canonicalize_name(component.name), []).append(component)
    return found


def _of_one_name(name: str, before: Iterable[Component], after: Iterable[Component]) -> Iterator[Change]:
    """Those of the same reference or version belong together, then the others in their order."""
    pairs, old, new = [], list(before), list(after)
    for same in (_same_reference, _same_version):
        for one in tuple(old):
            other = next((each for each in new if same(one, each)), None)
            if other is not None:
                pairs.append((one, other))
                old.remove(one)
                new.remove(other)
    for was, now in (*pairs, *zip_longest(old, new)):
        if was is None:
            yield Change(kind="added", name=now.label, old=None, new=now.version)
        elif now is None:
            yield Change(kind="removed", name=was.label, old=was.version, new=None)
        elif what := tuple(_differences(was, now)):
            yield Change(kind="changed", name=name, old=was.version, new=now.version, what=what)


def _same_reference(one: Component, other: Component) -> bool:
    return (one.purl or one.ref) == (other.purl or other.ref) != ""


def _same_version(one: Component, other: Component) -> bool:
    return one.version == other.version


def _differences(old: Component, new: Component) -> Iterator[str]:
    if new.version and old.version != new.version:
        yield f"version {old.version or 'unknown'} -> {new.version}"
    elif new.version and old.purl != new.purl:
        yield f"source {old.purl or 'unknown'} -> {new.purl}"
    if (old.scope or "required") != (new.scope or "required"):
        yield f"scope {old.scope or 'required'} -> {new.scope or 'required'}"
    licenses = [" AND ".join(sorted(map(str, each.licenses))) for each in (old, new)]
    if all(licenses) and licenses[0] != licenses[1]:
        yield f"license {licenses[0]} -> {licenses[1]}"
    if old.version == new.version and _shown(old) != _shown(new):
        yield f"hash {_shown(old) or 'unknown'} -> {_shown(new) or 'unknown'}"
    if old.version == new.version:
        yield from _of_files(old, new)


def _shown(component: Component) -> str:
    return ", ".join(map(str, sorted(component.hashes)))


def _of_files(old: Component, new: Component) -> Iterator[str]:
    before, after = old.files, new.files
    for url in sorted(before.keys() | after.keys()):
        name = url.rpartition("/")[2]
        if url not in after:
            yield f"file {name} gone"
        elif url not in before:
            yield f"file {name} new"
        elif before[url] != after[url]:
            yield f"file {name} has another hash"

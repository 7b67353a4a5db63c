"""Advisories as OSV records them, and which versions they mean: https://ossf.github.io/osv-schema/"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from evenfall.supply_chain.versions import canonical, parsed

ECOSYSTEM = "PyPI"
_ID = r"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,99}\Z"
LONGEST_SUMMARY = 200
"""Characters of an advisory's text that are shown."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """A turn in a line of versions; one of these is there. `introduced` may be "0": from the first version on."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Advisory(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What one record says of one package.

    `versions` are canonical where they are versions (PEP 440) at all; `ranges` are those of the package's own versions; `vectors`
    are CVSS vectors, and `word` is the severity in a word, which some databases give.
    """

    id: str
    package: str
    modified: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    vectors: tuple[str, ...] = ()
    word: str = ""
    versions: frozenset[str] = frozenset()
    ranges: tuple[tuple[Event, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its own name and those that others gave it."""
        return (self.id, *self.aliases)

    def affects(self, version: Version) -> bool:
        """Whether that version is listed or lies in a range. A local version (`2.0+cpu`) is a build of its public one."""
        public = Version(version.public)
        listed = not self.versions.isdisjoint((canonical(str(version)), canonical(version.public)))
        return listed or any(window.holds(public) for window in self.windows())

    def windows(self) -> Iterator[Window]:
        """Where the affected versions of its ranges lie."""
        return (window for events in self.ranges for window in windows(events))

    def fixes(self) -> Iterator[Version]:
        """The versions that end a range."""
        for events in self.ranges:
            yield from (found for event in events if event.fixed and (found := parsed(event.fixed)))

    def last(self, version: Version) -> Version | None:
        """The last version that is affected, where a range that holds this one ends with it and none goes further."""
        every = [*self.windows()]
        last = max((each.end for each in every if each.closed and each.end and each.holds(version)), default=None)
        return last if last and all(each.end and each.end <= last for each in every) else None


@dataclass(frozen=True, slots=True)
class Window:
    """Versions from `start` (`None`: from the first) up to `end` (`None`: with no end), which belongs to it where `closed`."""

    start: Version | None
    end: Version | None = None
    closed: bool = False

    def holds(self, version: Version) -> bool:
        """Whether a version lies in it."""
        began = self.start is None or version >= self.start
        return began and (self.end is None or version < self.end or (self.closed and version == self.end))


def windows(events: Sequence[Event]) -> Iterator[Window]:
    """What the events mean, in OSV's order, that of versions, up to their limit. An event that is no version excludes nothing."""
    limit = _limit(events)
    for start, end, closed in _stretches(events):
        began = None if start == _FIRST else start
        if limit is None or (end is not None and end < limit):
            yield Window(began, end, closed)
        elif start < limit:
            yield Window(began, limit)


def _stretches(events: Iterable[Event]) -> Iterator[tuple[Version, Version | None, bool]]:
    start, is_open = _FIRST, False
    for at, _, turn in sorted(_turns(events), key=lambda found: found[:2]):
        if turn == "introduced" and not is_open:
            start, is_open = at, True
        elif turn != "introduced" and is_open:
            yield start, at, turn == "last_affected"
            is_open = False
    if is_open:
        yield start, None, False


def _limit(events: Iterable[Event]) -> Version | None:
    """The version from which on nothing is affected: the last limit, where all of them are versions."""
    limits = [parsed(event.limit) for event in events if event.limit is not None]
    known = [limit for limit in limits if limit is not None]
    return max(known, default=None) if len(known) == len(limits) else None


_FIRST = Version("0.dev0")
"""No version is older; OSV's "0" is that, and so is what can't be read where something was introduced."""


def _turns(events: Iterable[Event]) -> Iterator[tuple[Version, int, str]]:
    """At one version: first what was fixed before, then what is new, then what ends with it."""
    for event in events:
        if event.introduced is not None:
            known = None if event.introduced == "0" else parsed(event.introduced)
            yield known or _FIRST, 1, "introduced"
        for order, turn, text in ((0, "fixed", event.fixed), (2, "last_affected", event.last_affected)):
            if text is not None and (at := parsed(text)):
                yield at, order, turn


class _Package(msgspec.Struct, frozen=True):
    ecosystem: str = ""
    name: str = ""


class _Range(msgspec.Struct, frozen=True):
    type: str = ""
    events: tuple[Event, ...] | None = None


class _Severity(msgspec.Struct, frozen=True):
    score: str = ""


class _Affected(msgspec.Struct, frozen=True):
    package: _Package | None = None
    ranges: tuple[_Range, ...] | None = None
    versions: tuple[str, ...] | None = None
    severity: tuple[_Severity, ...] | None = None


class _Record(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern=_ID)]
    modified: str
    withdrawn: str | None = None
    aliases: tuple[str, ...] | None = None
    summary: str | None = None
    details: str | None = None
    severity: tuple[_Severity, ...] | None = None
    affected: tuple[_Affected, ...] | None = None
    database_specific: Any = None


def read_record(content: bytes) -> tuple[Advisory, ...]:
    """An OSV record as one advisory for each package of PyPI that it names; a withdrawn one gives none.

    Raises `msgspec.MsgspecError` where it is no such record.
    """
    record = _DECODER.decode(content)
    if record.withdrawn:
        return ()
    named: dict[str, list[_Affected]] = {}
    for affected in record.affected or ():
        if affected.package and affected.package.ecosystem == ECOSYSTEM:
            named.setdefault(canonicalize_name(affected.package.name), []).append(affected)
    return tuple(_advisory(record, name, entries) for name, entries in named.items())


_DECODER = msgspec.json.Decoder(_Record)


def _advisory(record: _Record, name: str, entries: Sequence[_Affected]) -> Advisory:
    own = [severity for entry in entries for severity in entry.severity or ()]
    return Advisory(
        id=record.id,
        package=name,
        modified=record.modified,
        aliases=tuple(alias for alias in record.aliases or () if re.match(_ID, alias)),
        summary=first_line(record.summary or record.details or ""),
        vectors=tuple(severity.score for severity in own or record.severity or ()),
        word=_word(record.database_specific),
        versions=frozenset(canonical(version) for entry in entries for version in entry.versions or ()),
        ranges=_ranges(entries),
    )


def _ranges(entries: Sequence[_Affected]) -> tuple[tuple[Event, ...], ...]:
    """Those of versions. Where there is none and no version is listed, nobody knows which are free of it: all are affected."""
    ranges = [each for entry in entries for each in entry.ranges or ()]
    found = tuple(each.events for each in ranges if each.type in {"ECOSYSTEM", "SEMVER"} and each.events)
    return found if found or any(entry.versions for entry in entries) else ((Event(introduced="0"),),)


def first_line(text: str) -> str:
    """The first line that says something, bounded."""
    line = next((line for line in text.splitlines() if line.strip()), "").strip(" #")
    return line if len(line) <= LONGEST_SUMMARY else line[: LONGEST_SUMMARY - 1].rstrip() + "…"


def _word(specific: object) -> str:
    """GitHub's advisories say `MODERATE` beside their vector, and instead of it."""
    word = specific.get("severity") if isinstance(specific, dict) else ""
    return word if isinstance(word, str) else ""

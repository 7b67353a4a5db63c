"""OSV records, and the versions that each of them affects: https://ossf.github.io/osv-schema/"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from evenfall.supply_chain.versions import canonical_version, parse_version

ECOSYSTEM = "PyPI"
MAX_SUMMARY = 200
"""The maximum number of characters of an advisory's text in a report."""
_ID = r"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,99}\Z"
_FIRST = Version("0.dev0")
"""The oldest possible version, which OSV writes as "0"."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of a version range; exactly one field is set. `introduced` may be "0": affected from the first version.

    OSV's `limit` belongs to ranges of commits.
    """

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None


class Advisory(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The part of an OSV record that concerns one package.

    `versions` are canonical if they are valid PEP 440, `ranges` are the events of each version range, `vectors` are CVSS
    vectors, and `severity_word` is the severity that some databases give as a word. `commits` are those that contain a fix.
    """

    id: str
    package: str
    modified: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    vectors: tuple[str, ...] = ()
    severity_word: str = ""
    versions: frozenset[str] = frozenset()
    ranges: tuple[tuple[Event, ...], ...] = ()
    commits: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The record's own id, then its aliases."""
        return (self.id, *self.aliases)

    def affects(self, version: Version) -> bool:
        """Return whether the version is listed or in a range.

        A local version (`2.0+cpu`) counts as its public one, too, unless it is at or above a local version with a fix (`2.0+sec.1`).
        """
        if canonical_version(str(version)) in self.versions or any(each.contains(version) for each in self.windows()):
            return True
        is_fixed = any(fix.local and fix.public == version.public and fix <= version for fix in self.fixed_versions())
        return bool(version.local) and not is_fixed and canonical_version(version.public) in self.versions

    def windows(self) -> Iterator[Window]:
        """Yield the windows of affected versions of all ranges."""
        return (window for events in self.ranges for window in windows(events))

    def fixed_versions(self) -> Iterator[Version]:
        """Yield the versions that end a range because they contain a fix."""
        for events in self.ranges:
            yield from (version for event in events if event.fixed and (version := parse_version(event.fixed)))

    def last_affected(self) -> Version | None:
        """Return the last affected version; None if a fixed version ends the last window, or none does."""
        last = max(self.windows(), key=lambda window: (window.end is None, window.end or _FIRST), default=None)
        return last.end if last and last.closed else None


@dataclass(frozen=True, slots=True)
class Window:
    """The versions from `start` to `end` (None: no end). `end` itself belongs to the window if it is `closed`."""

    start: Version
    end: Version | None = None
    closed: bool = False

    def contains(self, version: Version) -> bool:
        """Return whether a version is in the window."""
        is_before_end = self.end is None or _compare(version, self.end) < (1 if self.closed else 0)
        return is_before_end and _compare(version, self.start) >= 0


def _compare(version: Version, bound: Version) -> int:
    """Return -1, 0 or 1. A local version counts as its public one, unless the bound is a local version itself."""
    compared = version if bound.local or not version.local else Version(version.public)
    return (compared > bound) - (compared < bound)


@cache
def windows(events: tuple[Event, ...]) -> tuple[Window, ...]:
    """Return the windows that a range's events describe, by OSV's evaluation algorithm. An invalid version never excludes anything."""
    found: list[Window] = []
    start: Version | None = None
    for version, _, kind in sorted(_boundaries(events), key=lambda boundary: boundary[:2]):
        if kind == "introduced":
            start = version if start is None else start
        elif start is not None:
            found.append(Window(start, version, kind == "last_affected"))
            start = None
    return tuple(found) if start is None else (*found, Window(start))


def _boundaries(events: Iterable[Event]) -> Iterator[tuple[Version, int, str]]:
    """Yield version, order and kind of each event. At one version the order is: fixed, introduced, last affected.

    An introduction at an invalid version counts as one at the first version.
    """
    for event in events:
        if event.introduced is not None:
            version = None if event.introduced == "0" else parse_version(event.introduced)
            yield version or _FIRST, 1, "introduced"
        for order, kind, text in ((0, "fixed", event.fixed), (2, "last_affected", event.last_affected)):
            if text is not None and (version := parse_version(text)):
                yield version, order, kind


class _AffectedName(msgspec.Struct, frozen=True):
    ecosystem: str = ""
    name: str = ""


class _Range(msgspec.Struct, frozen=True):
    type: str = ""
    events: tuple[Event, ...] | None = None


class _SeverityScore(msgspec.Struct, frozen=True):
    score: str = ""


class _Affected(msgspec.Struct, frozen=True):
    package: _AffectedName | None = None
    ranges: tuple[_Range, ...] | None = None
    versions: tuple[str, ...] | None = None
    severity: tuple[_SeverityScore, ...] | None = None


class _Record(msgspec.Struct, frozen=True):
    id: Annotated[str, msgspec.Meta(pattern=_ID)]
    modified: str
    withdrawn: str | None = None
    aliases: tuple[str, ...] | None = None
    summary: str | None = None
    details: str | None = None
    severity: tuple[_SeverityScore, ...] | None = None
    affected: tuple[_Affected, ...] | None = None
    database_specific: Any = None


_DECODER = msgspec.json.Decoder(_Record)


def read_record(content: bytes) -> tuple[Advisory, ...]:
    """Return one advisory per PyPI package that an OSV record names; none if the record was withdrawn.

    Raises `msgspec.MsgspecError` if the content is not an OSV record.
    """
    record = _DECODER.decode(content)
    if record.withdrawn:
        return ()
    by_package: dict[str, list[_Affected]] = {}
    for affected in record.affected or ():
        if affected.package and affected.package.ecosystem == ECOSYSTEM:
            by_package.setdefault(canonicalize_name(affected.package.name), []).append(affected)
    return tuple(_advisory(record, name, entries) for name, entries in by_package.items())


def _advisory(record: _Record, name: str, entries: Sequence[_Affected]) -> Advisory:
    package_severity = [severity for entry in entries for severity in entry.severity or ()]
    return Advisory(
        id=record.id,
        package=name,
        modified=record.modified,
        aliases=tuple(alias for alias in record.aliases or () if re.match(_ID, alias)),
        summary=first_line(record.summary or record.details or ""),
        vectors=tuple(severity.score for severity in package_severity or record.severity or ()),
        severity_word=_severity_word(record.database_specific),
        versions=frozenset(canonical_version(version) for entry in entries for version in entry.versions or ()),
        ranges=_ranges(entries),
        commits=_commits([each for each in record.affected or () if each in entries or each.package is None]),
    )


def _commits(entries: Sequence[_Affected]) -> tuple[str, ...]:
    """Return the commits that end a range of commits because they contain a fix."""
    ranges = [each for entry in entries for each in entry.ranges or () if each.type == "GIT"]
    fixed = (event.fixed for each in ranges for event in each.events or ())
    return tuple(commit for commit in fixed if commit and re.fullmatch("[0-9a-f]{7,64}", commit))


def _ranges(entries: Sequence[_Affected]) -> tuple[tuple[Event, ...], ...]:
    """Return the version ranges. A record without ranges and without versions affects every version, to be safe."""
    ranges = tuple(
        version_range.events
        for entry in entries
        for version_range in entry.ranges or ()
        if version_range.type in {"ECOSYSTEM", "SEMVER"} and version_range.events
    )
    return ranges if ranges or any(entry.versions for entry in entries) else ((Event(introduced="0"),),)


def first_line(text: str) -> str:
    """Return the first line that is not blank, cut to `MAX_SUMMARY` characters."""
    line = next((line for line in text.splitlines() if line.strip()), "").strip(" #")
    return line if len(line) <= MAX_SUMMARY else line[: MAX_SUMMARY - 1].rstrip() + "…"


def _severity_word(specific: object) -> str:
    """Return the word, such as `MODERATE`, that GitHub's advisories give next to their vector or instead of it."""
    word = specific.get("severity") if isinstance(specific, dict) else ""
    return word if isinstance(word, str) else ""

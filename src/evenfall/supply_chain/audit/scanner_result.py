"""The vulnerabilities that a tool reports: Evenfall's own matcher of OSV's records, `uv audit` or Safety."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from evenfall.supply_chain.audit.advisories import Advisory, Event, first_line
from evenfall.supply_chain.versions import canonical_version
from evenfall.text import one_line

OSV = "osv"
"""The name of Evenfall's own matcher in reports."""
UV_AUDIT = "uv audit"
SAFETY_SCAN = "safety scan"
SAFETY_CHECK = "safety check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedVulnerability:
    """An advisory that a tool reports for one version of a package; `version` is canonical."""

    tool: str
    version: str
    advisory: Advisory


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedStatus:
    """What an index says of a project, or of one version of it: the status, such as `quarantined`, and its reason, which may be empty."""

    package: str
    status: str
    reason: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerReport:
    """What a scanner reports. `not_understood` are the parts of its answer that may hold findings in a form that is not known here."""

    tool: str
    vulnerabilities: tuple[ReportedVulnerability, ...] = ()
    statuses: tuple[ReportedStatus, ...] = ()
    not_understood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerUnavailable:
    """A scanner that gave no answer, and the reason."""

    tool: str
    reason: str


ScannerResult = ScannerReport | ScannerUnavailable


def reported_vulnerability(
    tool: str, package: str, version: str, *, ids: tuple[str, ...], summary: str, fixed: Iterable[str] = ()
) -> ReportedVulnerability:
    """Return a scanner's vulnerability as an advisory, with this version of the package as affected and the versions that fix it."""
    affected = canonical_version(version)
    advisory = Advisory(
        id=ids[0],
        package=canonicalize_name(package),
        modified="",
        aliases=ids[1:],
        summary=first_line(summary),
        versions=frozenset([affected]),
        ranges=tuple((Event(fixed=fixed_version),) for fixed_version in fixed),
    )
    return ReportedVulnerability(tool=tool, version=affected, advisory=advisory)


def parse_output(tool: str, parse: Callable[[], ScannerReport]) -> ScannerReport:
    """Return what a scanner's output reports, or that its format is unknown."""
    try:
        return parse()
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        return ScannerReport(tool=tool, not_understood=(f"unknown output format: {error}",))


def unknown_fields(content: bytes | str, understood: msgspec.Struct, known: Set[str]) -> tuple[str, ...]:
    """Return the fields in a scanner's JSON that are unknown and not empty, because they may hold findings.

    `understood` is the value that the JSON was decoded to. `known` are the names of fields whose content does not matter: lists whose
    members are all reported, whatever they contain, and fields without findings.
    """
    found = _unknown(msgspec.json.decode(content), msgspec.to_builtins(understood), known)
    return tuple(f"unknown field {one_line(name)!r}" for name in sorted({*found}))


def _unknown(value: Any, understood: Any, known: Set[str]) -> Iterator[str]:
    if isinstance(value, list):
        for each, understood_each in zip(value, understood, strict=True):
            yield from _unknown(each, understood_each, known)
    elif isinstance(value, dict):
        for name in value.keys() - known:
            if name in understood:
                yield from _unknown(value[name], understood[name], known)
            elif value[name]:
                yield name

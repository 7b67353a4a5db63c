"""One vulnerability of one package, however many names it has and however many say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.scanner_result import OWN, Claim
from evenfall.supply_chain.audit.severity import Level, severity
from evenfall.supply_chain.versions import canonical


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vulnerability:
    """A row, the same as none but itself.

    `names` begins with the one that it goes by; `score` is of CVSS (0 to 10); `fixed` are newer versions without it, or `>2.0` where
    its records name only the last that has it.
    """

    subject: AuditedPackage
    names: tuple[str, ...]
    level: Level
    score: float | None
    summary: str
    fixed: tuple[str, ...]
    by: tuple[str, ...]

    @property
    def name(self) -> str:
        """A CVE where it has one, else GitHub's name, else another."""
        return self.names[0]

    @property
    def rated(self) -> str:
        """The level, with the score where there is one: `high 7.5`."""
        return f"{self.level}" if self.score is None else f"{self.level} {self.score:.1f}"

    @property
    def fix(self) -> str:
        """The command to run, or what to do where no version is fixed. A package's name is letters, digits and dashes."""
        if self.fixed:
            return f"uv lock --upgrade-package {self.subject.name}"
        return f"no version is fixed: replace {self.subject.name}, or answer for it in [tool.evenfall.audit] ignore"


def vulnerabilities(
    audited_packages: Iterable[AuditedPackage],
    advisories: Mapping[str, Sequence[Advisory]],
    opinions: Iterable[Claim] = (),
) -> Iterator[Vulnerability]:
    """Each row, in the order of the audited_packages, the worst of one subject first."""
    heard: dict[tuple[str, str], list[Claim]] = {}
    for claim in opinions:
        heard.setdefault((claim.advisory.package, claim.version), []).append(claim)
    for subject in audited_packages:
        own = (advisory for advisory in advisories.get(subject.name, ()) if advisory.affects(subject.version))
        version = canonical(str(subject.version))
        claims = [Claim(by=OWN, version=version, advisory=advisory) for advisory in own]
        rows = [_row(subject, group) for group in joined([*claims, *heard.get((subject.name, version), ())])]
        yield from sorted(rows, key=lambda row: (-(row.score or 0), -row.level, row.names))


def joined(claims: Iterable[Claim]) -> list[list[Claim]]:
    """The claims in groups that share a name, directly or by way of others."""
    groups: list[tuple[set[str], list[Claim]]] = []
    for claim in claims:
        names, members = {name.casefold() for name in claim.advisory.names}, [claim]
        apart = []
        for group in groups:
            if group[0].isdisjoint(names):
                apart.append(group)
            else:
                names |= group[0]
                members = [*group[1], *members]
        groups = [*apart, (names, members)]
    return [members for _, members in groups]


_KNOWN_BY = ("CVE-", "GHSA-", "PYSEC-")


def _row(subject: AuditedPackage, claims: Sequence[Claim]) -> Vulnerability:
    advisories = [claim.advisory for claim in claims]
    names = {name.casefold(): name for advisory in advisories for name in advisory.names}
    level, score = severity(advisories)
    return Vulnerability(
        subject=subject,
        names=tuple(sorted(names.values(), key=_order)),
        level=level,
        score=score,
        summary=next((advisory.summary for advisory in advisories if advisory.summary), ""),
        fixed=tuple(map(str, _fixed(subject.version, advisories))) or _beyond(subject.version, advisories),
        by=tuple(dict.fromkeys(claim.by for claim in claims)),
    )


def _order(name: str) -> tuple[int, str]:
    return next((place for place, start in enumerate(_KNOWN_BY) if name.startswith(start)), len(_KNOWN_BY)), name


def _fixed(version: Version, advisories: Sequence[Advisory]) -> list[Version]:
    """Newer versions that end a range, and that no other record of the same vulnerability affects."""
    ends = {fix for advisory in advisories for fix in advisory.fixes() if fix > version}
    return sorted(fix for fix in ends if not any(advisory.affects(fix) for advisory in advisories))


def _beyond(version: Version, advisories: Sequence[Advisory]) -> tuple[str, ...]:
    """What is newer than the last affected version, where every record that means this one names such a version."""
    last = [advisory.last(version) for advisory in advisories if advisory.affects(version)]
    known = [each for each in last if each]
    return (f">{max(known)}",) if known and len(known) == len(last) else ()

"""Vulnerabilities of the audited packages: one for each package version and vulnerability, however many ids and tools name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from evenfall.project.toml import lock_command
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.scanner_result import OSV, ReportedVulnerability
from evenfall.supply_chain.audit.severity import Level, severity
from evenfall.supply_chain.versions import canonical_version, parse_version

_PREFERRED = ("CVE-", "GHSA-", "PYSEC-")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vulnerability:
    """One vulnerability of one package version.

    `ids` starts with the preferred one, `score` is the CVSS score (0 to 10), and `fixed` are newer versions without it, or `>2.0`
    if the advisories name only the last affected version. `reported_by` are the names of the tools.
    """

    package: AuditedPackage
    ids: tuple[str, ...]
    level: Level
    score: float | None
    summary: str
    fixed: tuple[str, ...]
    reported_by: tuple[str, ...]

    @property
    def id(self) -> str:
        """The CVE id if there is one, else GitHub's, else another one."""
        return self.ids[0]

    @property
    def rating(self) -> str:
        """The level with the score, such as `high 7.5`; without a known score only the level."""
        return f"{self.level}" if self.score is None else f"{self.level} {self.score:.1f}"

    @property
    def fix(self) -> str:
        """The command that upgrades the package, or the requirement to change before, or the alternatives if no fixed version is known."""
        command = lock_command(Path(self.package.lock))
        versions = [version for text in self.fixed if (version := parse_version(text))]
        for requirement in self.package.declared if versions else ():
            if not any(requirement.specifier.contains(version, prereleases=True) for version in versions):
                return f"allow {self.fixed[0]} in {requirement}, then {command}"
        if self.fixed:
            return f"{command} --upgrade-package {self.package.name}"
        return f"no fixed version is known: replace {self.package.name}, or add an ignore to [tool.evenfall.audit]"


def find_vulnerabilities(
    packages: Iterable[AuditedPackage],
    advisories: Mapping[str, Sequence[Advisory]],
    reported: Iterable[ReportedVulnerability] = (),
) -> Iterator[Vulnerability]:
    """Yield the vulnerabilities of each package, the package with the most severe one first.

    `advisories` are those of the index by package name; `reported` is what other scanners report.
    """
    by_version: dict[tuple[str, str], list[ReportedVulnerability]] = {}
    for report in reported:
        by_version.setdefault((report.advisory.package, report.version), []).append(report)
    found: list[list[Vulnerability]] = []
    for package in packages:
        version = canonical_version(str(package.version))
        matches = [
            ReportedVulnerability(tool=OSV, version=version, advisory=advisory)
            for advisory in advisories.get(package.name, ())
            if advisory.affects(package.version)
        ]
        groups = group_by_ids([*matches, *by_version.get((package.name, version), ())])
        vulnerabilities = (_vulnerability(package, group) for group in groups)
        found.append(sorted(vulnerabilities, key=_severest_first))
    for group in sorted(filter(None, found), key=lambda group: _severest_first(group[0])[:2]):
        yield from group


def _severest_first(vulnerability: Vulnerability) -> tuple[float, int, tuple[str, ...]]:
    return -(vulnerability.score or 0), -vulnerability.level, vulnerability.ids


def group_by_ids(reported: Iterable[ReportedVulnerability]) -> list[list[ReportedVulnerability]]:
    """Return the reports in groups: two belong together if they share an id, directly or through others."""
    groups: list[tuple[set[str], list[ReportedVulnerability]]] = []
    for report in reported:
        ids, members = {name.casefold() for name in report.advisory.ids}, [report]
        others = []
        for group_ids, group_members in groups:
            if group_ids.isdisjoint(ids):
                others.append((group_ids, group_members))
            else:
                ids |= group_ids
                members = [*group_members, *members]
        groups = [*others, (ids, members)]
    return [members for _, members in groups]


def _vulnerability(package: AuditedPackage, reported: Sequence[ReportedVulnerability]) -> Vulnerability:
    advisories = [report.advisory for report in reported]
    ids = {name.casefold(): name for advisory in advisories for name in advisory.ids}
    level, score = severity(advisories)
    return Vulnerability(
        package=package,
        ids=tuple(sorted(ids.values(), key=_preference)),
        level=level,
        score=score,
        summary=next((advisory.summary for advisory in advisories if advisory.summary), ""),
        fixed=tuple(map(str, _fixed(package.version, advisories))) or _after_last(package.version, advisories),
        reported_by=tuple(dict.fromkeys(report.tool for report in reported)),
    )


def _preference(name: str) -> tuple[int, str]:
    """Return a sort key that puts preferred kinds of ids first."""
    ranks = (rank for rank, prefix in enumerate(_PREFERRED) if name.startswith(prefix))
    return next(ranks, len(_PREFERRED)), name


def _fixed(version: Version, advisories: Sequence[Advisory]) -> list[Version]:
    """Return the newer fixed versions that no other advisory of the same vulnerability affects."""
    fixes = {fix for advisory in advisories for fix in advisory.fixed_versions() if fix > version}
    return sorted(fix for fix in fixes if not any(advisory.affects(fix) for advisory in advisories))


def _after_last(version: Version, advisories: Sequence[Advisory]) -> tuple[str, ...]:
    """Return "newer than the last affected version" if every advisory that affects `version` gives such a version."""
    last = [advisory.last_affected(version) for advisory in advisories if advisory.affects(version)]
    known = [last_version for last_version in last if last_version]
    return (f">{max(known)}",) if known and len(known) == len(last) else ()

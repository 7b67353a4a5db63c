"""Vulnerabilities of the audited packages: one for each package version and vulnerability, however many ids and tools name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.scanner_result import OSV, ReportedVulnerability
from evenfall.supply_chain.audit.severity import Level, severity
from evenfall.supply_chain.audit.upgrade import Upgrade, find_upgrade, fixed_versions
from evenfall.supply_chain.versions import canonical_version
from evenfall.text import and_more

_PREFERRED = ("CVE-", "GHSA-", "PYSEC-")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vulnerability:
    """One vulnerability of one package version.

    `ids` starts with the preferred one, `score` is the CVSS score (0 to 10), and `fixed` are newer versions without it. `upgrade`
    fixes the other vulnerabilities of the package as well. Without fixed versions, `last_affected` and `commits` are what the advisories
    say instead. `reported_by` are the names of the tools.
    """

    package: AuditedPackage
    ids: tuple[str, ...]
    level: Level
    score: float | None
    summary: str
    fixed: tuple[str, ...]
    reported_by: tuple[str, ...]
    upgrade: Upgrade | None = None
    last_affected: Version | None = None
    commits: tuple[str, ...] = ()

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
        """The command that upgrades the package, or the change that it needs before, or the alternatives if no fixed version is known."""
        if self.upgrade:
            return self.upgrade.instruction(self.package)
        name = self.package.name
        otherwise = f"replace {name}, or add an ignore to [tool.evenfall.audit]"
        if self.commits:
            return (
                f"a commit fixes it ({and_more(self.commits)}), but the versions that contain the commit are not known: "
                f"lock a version that contains it, {otherwise}"
            )
        if self.last_affected:
            known = f"no fixed version is known, only the last affected one, {self.last_affected}"
            return f"{known}: lock a newer version if there is one, {otherwise}"
        return f"no fixed version is known: {otherwise}"


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
        if groups := group_by_ids([*matches, *by_version.get((package.name, version), ())]):
            affecting = {match.advisory.id for match in matches}
            others = [each for each in advisories.get(package.name, ()) if each.id not in affecting]
            upgrade = find_upgrade(package, [group.advisories for group in groups], others)
            vulnerabilities = (_vulnerability(package, group, upgrade, others) for group in groups)
            found.append(sorted(vulnerabilities, key=_severest_first))
    for of_package in sorted(found, key=lambda of_package: _severest_first(of_package[0])[:2]):
        yield from of_package


def _severest_first(vulnerability: Vulnerability) -> tuple[float, int, tuple[str, ...]]:
    return -(vulnerability.score or 0), -vulnerability.level, vulnerability.ids


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGroup:
    """The reports of one vulnerability, and its ids by their spelling in lower case."""

    ids: Mapping[str, str]
    reports: Sequence[ReportedVulnerability]

    @property
    def advisories(self) -> Sequence[Advisory]:
        """The advisories of the reports."""
        return [report.advisory for report in self.reports]


def group_by_ids(reported: Iterable[ReportedVulnerability]) -> list[ReportGroup]:
    """Return the reports of each vulnerability: two describe the same one if they share an id, directly or through others.

    A report that names two CVE ids (or GHSA ids, without a CVE id) describes two vulnerabilities, and does not make them the same.
    """
    groups: list[tuple[set[str], list[ReportedVulnerability]]] = []
    for report in reported:
        for ids in _separate_ids(report.advisory.ids):
            members = [report]
            others = []
            for group_ids, group_members in groups:
                if group_ids.isdisjoint(ids):
                    others.append((group_ids, group_members))
                else:
                    ids |= group_ids
                    members = [*group_members, *members]
            groups = [*others, (ids, members)]
    return [_report_group(ids, members, groups) for ids, members in groups]


def _separate_ids(ids: Sequence[str]) -> list[set[str]]:
    """Return the ids that identify each vulnerability of a report."""
    for prefix in _PREFERRED[:2]:
        if named := {name.casefold() for name in ids if name.startswith(prefix)}:
            return [{name.casefold() for name in ids}] if len(named) == 1 else [{name} for name in sorted(named)]
    return [{name.casefold() for name in ids}]


def _report_group(
    ids: set[str], members: Sequence[ReportedVulnerability], groups: Iterable[tuple[set[str], object]]
) -> ReportGroup:
    """Return a group with all ids of its reports, except those that identify another vulnerability."""
    foreign = {name for other, _ in groups if other is not ids for name in other}
    own = (name for report in members for name in report.advisory.ids if name.casefold() not in foreign)
    return ReportGroup(ids={name.casefold(): name for name in own}, reports=members)


def _vulnerability(
    package: AuditedPackage, group: ReportGroup, upgrade: Upgrade | None, others: Sequence[Advisory]
) -> Vulnerability:
    """Return the vulnerability of a group. `upgrade` fixes all those of the package that have a fix, if there is such a version."""
    advisories = group.advisories
    level, score = severity(advisories)
    last = [advisory.last_affected() for advisory in advisories]
    ends = [version for version in last if version and version >= package.version]
    fixed = fixed_versions(package.version, advisories)
    return Vulnerability(
        package=package,
        ids=tuple(sorted(group.ids.values(), key=_preference)),
        level=level,
        score=score,
        summary=next((advisory.summary for advisory in advisories if advisory.summary), ""),
        fixed=tuple(map(str, fixed)),
        upgrade=upgrade or find_upgrade(package, [advisories], others) if fixed else None,
        last_affected=max(ends) if len(ends) == len(last) else None,
        commits=tuple(dict.fromkeys(commit for advisory in advisories for commit in advisory.commits)),
        reported_by=tuple(dict.fromkeys(report.tool for report in group.reports)),
    )


def _preference(name: str) -> tuple[int, str]:
    """Return a sort key that puts preferred kinds of ids first."""
    ranks = (rank for rank, prefix in enumerate(_PREFERRED) if name.startswith(prefix))
    return next(ranks, len(_PREFERRED)), name

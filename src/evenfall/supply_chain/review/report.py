"""A review as it is told: on a screen, to programs, and in a pull request or the summary of a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evenfall.findings import Finding, Severity
from evenfall.project.lockfile import LockedPackage
from evenfall.report import findings, markdown
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability
from evenfall.supply_chain.review.lock_diff import Change, Differences
from evenfall.supply_chain.review.releases import version_of
from evenfall.text import printable, without_password


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was compared, as names of revisions, what came out, and what could not be found out.

    `licenses` are those of the releases that came, as SPDX, by name and version as it is told.
    """

    base: str
    head: str
    differences: Differences
    findings: Sequence[Finding]
    gone: Sequence[Vulnerability]
    licenses: Mapping[tuple[str, str], str]
    inconclusive: Sequence[str]
    exit_code: int


def text(report: Report) -> str:
    """A line a change, then what is wrong, then one last line."""
    lines = [
        f"{change.kind:<10} {change.name} {_versions(change)}{_license(change, report)}"
        for change in report.differences.changes
    ]
    blocks = ["\n".join(lines)] if lines else []
    if report.findings:
        blocks.append(findings.text(report.findings))
    if report.gone:
        blocks.append("\n".join(f"mended: {_mended(row)}" for row in report.gone))
    blocks += [f"not found out: {why}" for why in report.inconclusive]
    return printable("\n\n".join([*blocks, last_line(report)])) + "\n"


def _versions(change: Change) -> str:
    told = (", ".join(dict.fromkeys(map(version_of, several))) for several in (change.before, change.after))
    return " -> ".join(filter(None, told))


def _license(change: Change, report: Report) -> str:
    found = list(dict.fromkeys(_licenses(change, report)))
    return f"  {', '.join(found)}" if found else ""


def _licenses(change: Change, report: Report) -> Iterator[str]:
    return (license for each in change.after if (license := report.licenses.get((change.name, version_of(each)))))


def _mended(row: Vulnerability) -> str:
    return f"{row.id} of {row.package.name} {row.package.version} ({row.rating})"


def last_line(report: Report) -> str:
    """What was compared, and the counts."""
    kinds = Counter(change.kind for change in report.differences.changes)
    said = ", ".join(f"{number} {kind}" for kind, number in kinds.items()) or "no package came, went or changed"
    errors = sum(finding.severity is Severity.ERROR for finding in report.findings)
    return f"{report.base}..{report.head}: {said}; {errors} error{'s' if errors != 1 else ''}"


def as_json(report: Report) -> dict[str, Any]:
    """All of it, as JSON's values."""
    return {
        "base": report.base,
        "head": report.head,
        "exit_code": report.exit_code,
        "changes": [
            {
                "package": change.name,
                "kind": change.kind,
                "before": _releases(change.before),
                "after": _releases(change.after),
                "licenses": [*_licenses(change, report)],
                "required_by": [each.path for each in change.new],
            }
            for change in report.differences.changes
        ],
        "findings": [findings.as_json(finding) for finding in report.findings],
        "mended": [{"package": row.package.name, "ids": row.ids} for row in report.gone],
        "inconclusive": [*report.inconclusive],
    }


def _releases(packages: Iterable[LockedPackage]) -> list[dict[str, str | None]]:
    """Of what has no version, and of a repository's, where it comes from too."""
    return [
        {"version": each.version, "source": None if each.source.registry else without_password(str(each.source))}
        for each in packages
    ]


def as_markdown(report: Report) -> str:
    """A section for a pull request."""
    parts = [f"## evenfall review\n\n{markdown.escaped(last_line(report))}\n"]
    if report.differences.changes:
        rows = [
            (change.kind, change.name, _versions(change), ", ".join(_licenses(change, report)), _way(change))
            for change in report.differences.changes
        ]
        parts.append(_table(("change", "package", "version", "license", "required by"), rows))
    if report.findings:
        shown = [(each.severity.value, each.code, each.reason, each.fix) for each in report.findings]
        parts.append(_table(("", "finding", "what", "next"), shown))
    parts += [f"- mended: {markdown.escaped(_mended(row))}\n" for row in report.gone]
    parts += [f"- not found out: {markdown.escaped(why)}\n" for why in report.inconclusive]
    return "\n".join(parts)


def _way(change: Change) -> str:
    return change.new[0].required_by if change.new else ""


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return markdown.table(heads, [[markdown.escaped(job) for job in row] for row in rows])

"""The report of a review: as text for a terminal, as JSON, and as Markdown for a pull request or the summary of a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evenfall.errors import Exit
from evenfall.findings import Finding, Severity, exit_code_for
from evenfall.project.lockfile import LockedPackage
from evenfall.report.github_actions import escape_markdown, markdown_table
from evenfall.report.output import finding_as_json, findings_as_text
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability
from evenfall.supply_chain.review.lock_diff import PackageChange
from evenfall.supply_chain.review.releases import printed_version
from evenfall.text import plural, printable

NO_BASE = "nothing"
"""The base if there is no earlier commit to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReport:
    """The result of a review.

    `base` and `head` are the compared revisions. `licenses` are SPDX expressions of the new releases, by package name and printed
    version. `inconclusive` are the reasons why vulnerabilities or licenses are unknown.
    """

    base: str
    head: str
    changes: Sequence[PackageChange]
    findings: Sequence[Finding]
    fixed: Sequence[Vulnerability]
    licenses: Mapping[tuple[str, str], str]
    inconclusive: Sequence[str]

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command; an error outweighs an inconclusive part."""
        return exit_code_for(self.findings, unknown=self.inconclusive)


def text(report: ReviewReport) -> str:
    """Return a line for each changed package, then the findings, the fixed vulnerabilities, and a summary."""
    lines = [
        f"{change.kind:<10} {change.name} {_versions(change)}{_license_suffix(change, report)}"
        for change in report.changes
    ]
    blocks = ["\n".join(lines)] if lines else []
    if report.findings:
        blocks.append(findings_as_text(report.findings))
    if report.fixed:
        blocks.append("\n".join(f"fixed: {_printed(vulnerability)}" for vulnerability in report.fixed))
    blocks += [f"inconclusive: {reason}" for reason in report.inconclusive]
    return printable("\n\n".join([*blocks, summary(report)]))


def _versions(change: PackageChange) -> str:
    versions = (", ".join(dict.fromkeys(map(printed_version, releases))) for releases in (change.before, change.after))
    return " -> ".join(filter(None, versions))


def _license_suffix(change: PackageChange, report: ReviewReport) -> str:
    licenses = list(dict.fromkeys(_licenses(change, report)))
    return f"  {', '.join(licenses)}" if licenses else ""


def _licenses(change: PackageChange, report: ReviewReport) -> Iterator[str]:
    keys = ((change.name, printed_version(package)) for package in change.after)
    return (report.licenses[key] for key in keys if key in report.licenses)


def _printed(vulnerability: Vulnerability) -> str:
    package = vulnerability.package
    return f"{vulnerability.id} of {package.name} {package.version} ({vulnerability.rating})"


def summary(report: ReviewReport) -> str:
    """Return one line: the compared revisions, and the number of changes of each kind and of errors."""
    kinds = Counter(change.kind for change in report.changes)
    counts = ", ".join(f"{number} {kind}" for kind, number in kinds.items()) or "no package changed"
    errors = sum(finding.severity is Severity.ERROR for finding in report.findings)
    compared = (
        "no earlier lock, so all packages count as new" if report.base == NO_BASE else f"{report.base}..{report.head}"
    )
    return f"{compared}: {counts}; {plural(errors, 'error')}"


def as_json(report: ReviewReport) -> dict[str, Any]:
    """Return the complete report as values for JSON."""
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
                "required_by": [release.path for release in change.new],
            }
            for change in report.changes
        ],
        "findings": [finding_as_json(finding) for finding in report.findings],
        "fixed": [{"package": vulnerability.package.name, "ids": vulnerability.ids} for vulnerability in report.fixed],
        "inconclusive": [*report.inconclusive],
    }


def _releases(packages: Iterable[LockedPackage]) -> list[dict[str, str | None]]:
    """Return the version of each release, and its source if that is not an index."""
    return [
        {
            "version": package.version,
            "source": None if package.source.registry else str(package.source),
        }
        for package in packages
    ]


def as_markdown(report: ReviewReport) -> str:
    """Return a section for a pull request or the summary of a job."""
    parts = [f"## evenfall review\n\n{escape_markdown(summary(report))}\n"]
    if report.changes:
        headings = ("change", "package", "version", "license", "required by")
        parts.append(markdown_table(headings, [_change_row(change, report) for change in report.changes]))
    if report.findings:
        rows = [(finding.severity.value, finding.code, finding.reason, finding.fix) for finding in report.findings]
        parts.append(markdown_table(("severity", "rule", "finding", "next"), rows))
    parts += [f"- fixed: {escape_markdown(_printed(vulnerability))}\n" for vulnerability in report.fixed]
    parts += [f"- inconclusive: {escape_markdown(reason)}\n" for reason in report.inconclusive]
    return "\n".join(parts)


def _change_row(change: PackageChange, report: ReviewReport) -> tuple[str, ...]:
    required_by = change.new[0].required_by if change.new else ""
    return change.kind, change.name, _versions(change), ", ".join(_licenses(change, report)), required_by

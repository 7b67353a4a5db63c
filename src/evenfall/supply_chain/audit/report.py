"""The report of an audit: as text for a terminal, as JSON, as Markdown for a job's summary, and as SARIF for GitHub's Security tab."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from evenfall.findings import Finding, Severity
from evenfall.report.github_actions import escape_markdown, markdown_table
from evenfall.report.output import finding_as_json, findings_as_text
from evenfall.report.sarif import SarifRule, SarifTool, sarif
from evenfall.supply_chain.audit.ignores import ignore_text
from evenfall.supply_chain.audit.rules import AuditReport, not_understood
from evenfall.supply_chain.audit.scanner_result import OSV, ScannerResult, ScannerUnavailable
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability
from evenfall.text import plural, printable


def text(report: AuditReport, *, verbose: bool) -> str:
    """Return a block per vulnerability, then other findings, unaudited packages, scanners without an answer, and the summary."""
    blocks = [_block(each, following=after) for each, after in zip_longest(report.open, report.open[1:])]
    blocks += [_ignored_block(report, vulnerability) for vulnerability in report.ignored]
    if report.other_findings:
        blocks.append(findings_as_text(report.other_findings))
    if notes := [*_package_notes(report, verbose=verbose), *_source_notes(report)]:
        blocks.append("\n".join(notes))
    return printable("\n\n".join([*blocks, summary(report)]))


def _headline(vulnerability: Vulnerability) -> str:
    package = vulnerability.package
    return f"{package.name} {package.version}  {vulnerability.id}  {vulnerability.rating}"


def _block(vulnerability: Vulnerability, *, following: Vulnerability | None) -> str:
    """Return the lines about a vulnerability. The following one of the same package shows the next step if it is the same."""
    required = vulnerability.package.required
    lines = [_headline(vulnerability)]
    if len(vulnerability.ids) > 1:
        lines.append(f"also known as: {', '.join(vulnerability.ids[1:])}")
    if vulnerability.summary:
        lines.append(vulnerability.summary)
    lines.append(f"required by: {required.required_by or 'no package'} ({required.scope})")
    lines.append(f"locked at: {vulnerability.package.lock}:{vulnerability.package.line}")
    if vulnerability.reported_by != (OSV,):
        lines.append(f"reported by: {', '.join(vulnerability.reported_by)}")
    if vulnerability.fixed:
        lines.append(f"fixed in: {', '.join(vulnerability.fixed)}")
    if following is None or (following.package, following.fix) != (vulnerability.package, vulnerability.fix):
        lines.append(f"next: {vulnerability.fix}")
    return "\n  ".join(lines)


def _ignored_block(report: AuditReport, vulnerability: Vulnerability) -> str:
    ignore = report.ignored[vulnerability]
    return f"{_headline(vulnerability)}\n  {ignore_text(ignore)}"


def _package_notes(report: AuditReport, *, verbose: bool) -> Iterator[str]:
    """Yield the number of packages that were not audited, and of those that are not from PyPI; if verbose, also list them."""
    unaudited = report.inputs.unaudited
    other = [package for package in report.inputs.packages if package.other_source]
    more = "" if verbose else "; --verbose lists them"
    if unaudited:
        yield f"not audited: {plural(len(unaudited), 'package')}, a part of the project or without a version{more}"
        if verbose:
            yield from (f"  {package.lock}:{package.line}: {package.name}: {package.reason}" for package in unaudited)
    if other:
        yield f"not from PyPI, so matched by name only: {plural(len(other), 'package')}{more}"
        if verbose:
            yield from (
                f"  {package.lock}:{package.line}: {package.name} {package.version}: {package.other_source}"
                for package in other
            )


def _source_notes(report: AuditReport) -> Iterator[str]:
    if report.inputs.unknown_statuses:
        yield report.inputs.unknown_statuses
    unavailable = (each for each in report.inputs.scanners if isinstance(each, ScannerUnavailable))
    yield from (f"not available: {scanner.tool}: {scanner.reason}" for scanner in unavailable)
    yield from (f"not understood: {part}" for part in not_understood(report.inputs))


def summary(report: AuditReport) -> str:
    """Return one line: the number of vulnerabilities, and the advisories that the report is based on."""
    number, origin = len(report.open), report.inputs.origin
    levels = Counter(vulnerability.level for vulnerability in report.open)
    by_level = ", ".join(f"{levels[level]} {level}" for level in sorted(Level, reverse=True) if levels[level])
    affected = len({(it.package.lock, it.package.name, it.package.version) for it in report.open})
    counts = (
        f"{plural(number, 'known vulnerability')} ({by_level}) in {affected} of"
        if number
        else "no known vulnerability in"
    )
    ignored = f", {len(report.ignored)} ignored" if report.ignored else ""
    severities = Counter(finding.severity for finding in report.other_findings)
    others = "".join(
        f", {plural(severities[each], each.value)}" for each in (Severity.ERROR, Severity.WARNING) if severities[each]
    )
    newest = f"{origin.newest:%Y-%m-%d}" if origin.newest else "unknown date"
    return (
        f"{counts} {plural(len(report.inputs.packages), 'package')}{ignored}{others}; {plural(origin.records, 'advisory')}, downloaded on "
        f"{origin.fetched:%Y-%m-%d}, newest of {newest}, sha256 {origin.sha256[:12]}"
    )


def as_json(report: AuditReport) -> dict[str, Any]:
    """Return the complete report as values for JSON."""
    inputs = report.inputs
    return {
        "exit_code": report.exit_code,
        "inconclusive": report.inconclusive,
        "database": {field: value for field, value in msgspec.to_builtins(inputs.origin).items() if field != "stamp"},
        "scanners": [_scanner_as_json(result) for result in inputs.scanners],
        "unknown_statuses": inputs.unknown_statuses,
        "audited": len(inputs.packages),
        "not_audited": [
            {"name": package.name, "lock": package.lock, "line": package.line, "reason": package.reason}
            for package in inputs.unaudited
        ],
        "not_from_pypi": [
            {"name": package.name, "version": str(package.version), "source": package.other_source}
            for package in inputs.packages
            if package.other_source
        ],
        "vulnerabilities": [_vulnerability_as_json(report, vulnerability) for vulnerability in report.vulnerabilities],
        "findings": [finding_as_json(finding) for finding in report.findings],
    }


def _scanner_as_json(result: ScannerResult) -> dict[str, Any]:
    if isinstance(result, ScannerUnavailable):
        return {"tool": result.tool, "available": False, "reason": result.reason}
    return {"tool": result.tool, "available": True, "reason": "; ".join(result.not_understood)}


def _vulnerability_as_json(report: AuditReport, vulnerability: Vulnerability) -> dict[str, Any]:
    package = vulnerability.package
    ignore = report.ignored.get(vulnerability)
    return {
        "package": package.name,
        "version": str(package.version),
        "lock": package.lock,
        "line": package.line,
        "scope": package.required.scope,
        "required_by": package.required.path,
        "ids": vulnerability.ids,
        "severity": str(vulnerability.level),
        "score": vulnerability.score,
        "summary": vulnerability.summary,
        "fixed": vulnerability.fixed,
        "fix": vulnerability.fix,
        "reported_by": vulnerability.reported_by,
        "ignored": ignore
        and {"id": ignore.id, "reason": ignore.reason, "owner": ignore.owner, "expires": str(ignore.expires)},
    }


def as_markdown(report: AuditReport) -> str:
    """Return a section for a job's summary."""
    headings = ("package", "vulnerability", "severity", "required by", "fixed in")
    rows = [_table_row(report, vulnerability) for vulnerability in report.vulnerabilities]
    notes = [f"{finding.location}: {finding.reason}" for finding in report.other_findings]
    items = "".join(f"- {escape_markdown(note)}\n" for note in [*notes, *_source_notes(report)])
    parts = [
        f"**inconclusive**: {escape_markdown(report.inconclusive)}\n\n" if report.inconclusive else "",
        f"{markdown_table(headings, rows)}\n" if rows else "",
        f"{items}\n" if items else "",
    ]
    return f"## evenfall audit\n\n{''.join(parts)}{escape_markdown(summary(report))}\n"


def _table_row(report: AuditReport, vulnerability: Vulnerability) -> tuple[str, ...]:
    package, ignore = vulnerability.package, report.ignored.get(vulnerability)
    return (
        f"{package.name} {package.version}",
        vulnerability.id,
        f"{vulnerability.rating}, {ignore.id} is ignored" if ignore else vulnerability.rating,
        f"{package.required.required_by} ({package.required.scope})",
        ", ".join(vulnerability.fixed),
    )


def as_sarif(report: AuditReport, prefix: str = "") -> dict[str, Any]:
    """Return the findings at their lines of the locks, which are in the folder `prefix` of the repository; ignored ones are suppressed.

    An inconclusive audit is a failed run, so that GitHub does not close alerts.
    """
    from importlib import metadata  # slow to import, and needed only for SARIF

    suppressed = {
        finding: ignore_text(ignore)
        for finding, vulnerability in report.findings.items()
        if vulnerability and (ignore := report.ignored.get(vulnerability))
    }
    rules = [_sarif_rule(finding, vulnerability) for finding, vulnerability in report.findings.items()]
    version = metadata.version("evenfall")
    tool = SarifTool(name="evenfall audit", version=version, prefix=prefix, inconclusive=report.inconclusive)
    return sarif(report.findings, rules, tool, suppressed=suppressed)


def _sarif_rule(finding: Finding, vulnerability: Vulnerability | None) -> SarifRule:
    if vulnerability is None:
        return SarifRule(code=finding.code, title=finding.code.replace("-", " "))
    score = vulnerability.score if vulnerability.score is not None else _LOWEST_SCORE.get(vulnerability.level)
    page = f"https://osv.dev/vulnerability/{vulnerability.id}"
    return SarifRule(code=vulnerability.id, title=vulnerability.summary or vulnerability.id, page=page, score=score)


_LOWEST_SCORE = {Level.LOW: 0.1, Level.MODERATE: 4.0, Level.HIGH: 7.0, Level.CRITICAL: 9.1}
"""The lowest score for which GitHub shows each level."""

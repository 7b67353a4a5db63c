"""Render a license report: as text, as JSON, and as Markdown for the summary of a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from evenfall.report.github_actions import escape_markdown, markdown_table
from evenfall.report.output import finding_as_json, findings_as_text
from evenfall.supply_chain.licenses.rules import LicenseReport, LicenseRow
from evenfall.text import plural, printable

HEADINGS = ("package", "version", "license", "field", "result")
_WIDEST = 40
"""The maximum width of a column, in characters. Longer texts stick out."""


def text(report: LicenseReport, *, verbose: bool) -> str:
    """Return a table of the packages that are not allowed, the findings, the inconclusive packages, and the counts as the last line.

    If verbose, the table has all packages.
    """
    rows = [row for row in report.rows if verbose or row.result != "allowed"]
    blocks = ["\n".join(_aligned([HEADINGS, *map(_columns, rows)]))] if rows else []
    if report.findings:
        blocks.append(findings_as_text(report.findings))
    if report.inconclusive:
        blocks.append("\n".join(map(_inconclusive, report.inconclusive)))
    more = "" if verbose or len(rows) == len(report.rows) else "; --verbose lists all of them"
    return printable("\n\n".join([*blocks, counts(report) + more]))


def _inconclusive(row: LicenseRow) -> str:
    package = row.required.package
    place = f"{package.lock}:{package.line}: {row.name} {row.version}"
    return f"{place}: inconclusive: {row.reason}; required by: {row.required_by}"


def _columns(row: LicenseRow) -> tuple[str, ...]:
    result = f"exempt: {_reason(row)}" if row.exemptions else row.result
    return row.name, row.version, row.expression, row.license.field, result


def _aligned(lines: Iterable[tuple[str, ...]]) -> list[str]:
    table = [*lines]
    widths = [min(max(map(len, column)), _WIDEST) for column in zip(*table, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in table]


def counts(report: LicenseReport) -> str:
    """Return the number of packages, and of those with each result."""
    by_result = Counter(row.result for row in report.rows).most_common()
    details = ", ".join(f"{count} {result}" for result, count in by_result)
    return f"{plural(len(report.rows), 'package')}{': ' if details else ''}{details}"


def as_json(report: LicenseReport) -> dict[str, Any]:
    """Return the whole report as JSON values. `license` is an SPDX expression, or null if it is unknown."""
    return {
        "exit_code": report.exit_code,
        "packages": [_row_as_json(row) for row in report.rows],
        "inconclusive": [
            {"package": row.name, "version": row.version, "reason": row.reason} for row in report.inconclusive
        ],
        "findings": [finding_as_json(finding) for finding in report.findings],
    }


def _row_as_json(row: LicenseRow) -> dict[str, Any]:
    return {
        "package": row.name,
        "version": row.version,
        "line": row.required.package.line,
        "scope": row.required.scope,
        "required_by": row.required.path,
        "license": row.license.expression,
        "field": row.license.field,
        "evidence": row.license.evidence,
        "result": row.result,
        "reason": _reason(row),
    }


def _reason(row: LicenseRow) -> str:
    """Return why a package is exempt, or why its metadata could not be read."""
    return "; ".join(exemption.reason for exemption in row.exemptions) or row.reason


def as_markdown(report: LicenseReport) -> str:
    """Return a section with the packages that are not allowed, and a collapsed table of all packages."""
    not_allowed = [(*_columns(row), row.required_by) for row in report.rows if row.result != "allowed"]
    shown = markdown_table((*HEADINGS, "required by"), not_allowed) + "\n" if not_allowed else ""
    all_packages = markdown_table(HEADINGS, map(_columns, report.rows))
    collapsed = f"<details><summary>All packages</summary>\n\n{all_packages}\n</details>\n"
    return f"## evenfall licenses\n\n{escape_markdown(counts(report))}\n\n{shown}{collapsed}"

"""Licenses as they are told: on a screen, to programs, and in the summary of a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from evenfall.report import findings, markdown
from evenfall.supply_chain.licenses.rules import LicenseCheck, LicenseRow
from evenfall.text import printable

HEADS = ("package", "version", "license", "from", "result")
_WIDEST = 40
"""Characters to which a column is aligned; what is longer sticks out."""


def text(check: LicenseCheck) -> str:
    """A line a package, what is wrong, what could not be found out, and one last line."""
    blocks = ["\n".join(_aligned([HEADS, *map(_jobs, check.rows)]))] if check.rows else []
    if check.findings:
        blocks.append(findings.text(check.findings))
    if check.inconclusive:
        blocks.append("\n".join(f"{row.name} {row.version}: not found out: {row.reason}" for row in check.inconclusive))
    return printable("\n\n".join([*blocks, last_line(check)])) + "\n"


def _jobs(row: LicenseRow) -> tuple[str, ...]:
    result = f"exempt: {row.exemption.reason}" if row.exemption else row.result
    return row.name, row.version, row.expression, row.license.source, result


def _aligned(lines: Iterable[tuple[str, ...]]) -> list[str]:
    table = [*lines]
    widths = [min(max(map(len, column)), _WIDEST) for column in zip(*table, strict=True)]
    return ["  ".join(f"{job:<{width}}" for job, width in zip(line, widths, strict=True)).rstrip() for line in table]


def last_line(check: LicenseCheck) -> str:
    """The counts."""
    counted = Counter(row.result for row in check.rows)
    said = ", ".join(f"{number} {result}" for result, number in counted.most_common())
    number = len(check.rows)
    return f"{number} package{'s' if number != 1 else ''}{': ' if said else ''}{said}"


def as_json(check: LicenseCheck, exit_code: int) -> dict[str, Any]:
    """All of it, as JSON's values. `license` is an SPDX expression, or null where it is unknown."""
    return {
        "exit_code": exit_code,
        "packages": [_row(row) for row in check.rows],
        "inconclusive": [
            {"package": row.name, "version": row.version, "reason": row.reason} for row in check.inconclusive
        ],
        "findings": [findings.as_json(finding) for finding in check.findings],
    }


def _row(row: LicenseRow) -> dict[str, Any]:
    return {
        "package": row.name,
        "version": row.version,
        "line": row.reached.package.line,
        "scope": row.reached.scope,
        "required_by": row.reached.path,
        "license": str(row.license.expression) if row.license.expression else None,
        "source": row.license.source,
        "evidence": row.license.evidence,
        "result": row.result,
        "reason": row.exemption.reason if row.exemption else row.reason,
    }


def as_markdown(check: LicenseCheck) -> str:
    """A section for the summary of a job: what is not simply allowed, and all the rest folded away."""
    special = [row for row in check.rows if row.result != "allowed"]
    heads = (*HEADS, "required by")
    shown = (
        markdown.table(heads, [_escaped((*_jobs(row), row.required_by)) for row in special]) + "\n" if special else ""
    )
    everything = markdown.table(HEADS, [_escaped(_jobs(row)) for row in check.rows])
    folded = f"<details><summary>All packages</summary>\n\n{everything}\n</details>\n"
    return f"## evenfall licenses\n\n{markdown.escaped(last_line(check))}\n\n{shown}{folded}"


def _escaped(jobs: Iterable[str]) -> tuple[str, ...]:
    return tuple(markdown.escaped(job) for job in jobs)

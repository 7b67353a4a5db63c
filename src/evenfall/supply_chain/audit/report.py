"""An audit as it is told: on a screen, to programs, and in the summary of a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from evenfall.project import lockfile
from evenfall.report import findings, markdown
from evenfall.supply_chain.audit.freshness import IndexOrigin
from evenfall.supply_chain.audit.rules import Audited
from evenfall.supply_chain.audit.scanner_result import OWN, Missing, Opinion
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability
from evenfall.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An audit, what it was made with, and its job_result; `inconclusive` says why that is unknown, where it is."""

    audited: Audited
    origin: IndexOrigin
    opinions: tuple[Opinion, ...] = ()
    exit_code: int
    inconclusive: str = ""


def text(report: Report, *, verbose: bool) -> str:
    """A block for each row, what is wrong beside them, what was left out, and one last line."""
    audited = report.audited
    blocks = [block(row) for row in audited.open]
    blocks += [ignored for row in audited.rows if (ignored := _ignored(report, row))]
    if others := [finding for finding, row in audited.findings.items() if row is None]:
        blocks.append(findings.text(others))
    if left := "\n".join(_left_out(audited, verbose=verbose)):
        blocks.append(left)
    return printable("\n\n".join([*blocks, last_line(report)])) + "\n"


def block(row: Vulnerability) -> str:
    """One vulnerability."""
    subject = row.subject
    reached = subject.reached
    lines = [f"{subject.name} {subject.version}  {row.name}  {row.rated}"]
    if len(row.names) > 1:
        lines.append(f"also:  {', '.join(row.names[1:])}")
    if row.summary:
        lines.append(row.summary)
    lines.append(f"required by: {reached.required_by or 'no package any more'} ({reached.scope})")
    lines.append(f"at:    {lockfile.NAME}:{reached.package.line}")
    if row.by != (OWN,):
        lines.append(f"by:    {', '.join(row.by)}")
    lines += [f"fixed: {', '.join(row.fixed)}"] if row.fixed else []
    return "\n  ".join([*lines, f"next: {row.fix}"])


def _ignored(report: Report, row: Vulnerability) -> str:
    ignore = report.audited.ignored.get(row)
    subject = row.subject
    return (
        f"{subject.name} {subject.version}  {row.name}  {row.rated}\n"
        f"  ignored until {ignore.expires}: {ignore.reason} ({ignore.owner})"
        if ignore
        else ""
    )


def _left_out(audited: Audited, *, verbose: bool) -> Iterator[str]:
    elsewhere = [subject for subject in audited.audited_packages if subject.elsewhere]
    more = "" if verbose else "; --verbose names them"
    if audited.left:
        yield f"not audited: {_packages(len(audited.left))}, built here or without a version{more}"
        if verbose:
            yield from (f"  {lockfile.NAME}:{left.line}: {left.name}: {left.why}" for left in audited.left)
    if elsewhere:
        yield f"not from PyPI, so compared by name alone: {_packages(len(elsewhere))}{more}"
        if verbose:
            yield from (
                f"  {lockfile.NAME}:{each.reached.package.line}: {each.name} {each.version}: {each.elsewhere}"
                for each in elsewhere
            )


def _packages(number: int) -> str:
    return f"{number} package{'s' if number != 1 else ''}"


def last_line(report: Report) -> str:
    """The counts, and what they rest on."""
    audited, origin = report.audited, report.origin
    levels = Counter(row.level for row in audited.open)
    counted = ", ".join(f"{levels[level]} {level}" for level in sorted(Level, reverse=True) if levels[level])
    hit = len({(row.subject.name, str(row.subject.version)) for row in audited.open})
    found = (
        f"{len(audited.open)} known vulnerabilit{'ies' if len(audited.open) != 1 else 'y'} ({counted}) in {hit} of"
        if counted
        else "no known vulnerability in"
    )
    ignored = f", {len(audited.ignored)} ignored" if audited.ignored else ""
    newest = f"{origin.newest:%Y-%m-%d}" if origin.newest else "an unknown day"
    return (
        f"{found} {_packages(len(audited.audited_packages))}{ignored}; {origin.records} advisories, taken on "
        f"{origin.fetched:%Y-%m-%d}, the newest of {newest}, sha256 {origin.sha256[:12]}"
    )


def as_json(report: Report) -> dict[str, Any]:
    """All of it, as JSON's values."""
    audited = report.audited
    return {
        "exit_code": report.exit_code,
        "inconclusive": report.inconclusive,
        "database": {field: value for field, value in msgspec.to_builtins(report.origin).items() if field != "stamp"},
        "opinions": [_opinion(opinion) for opinion in report.opinions],
        "audited": len(audited.audited_packages),
        "not_audited": [{"name": left.name, "line": left.line, "why": left.why} for left in audited.left],
        "elsewhere": [
            {"name": each.name, "version": str(each.version), "source": each.elsewhere}
            for each in audited.audited_packages
            if each.elsewhere
        ],
        "vulnerabilities": [_row(report, row) for row in audited.rows],
        "findings": [findings.as_json(finding) for finding in audited.findings],
    }


def _opinion(opinion: Opinion) -> dict[str, Any]:
    why = opinion.why if isinstance(opinion, Missing) else ""
    return {"tool": opinion.tool, "heard": not why, "why": why}


def _row(report: Report, row: Vulnerability) -> dict[str, Any]:
    subject = row.subject
    reached = subject.reached
    ignore = report.audited.ignored.get(row)
    return {
        "package": subject.name,
        "version": str(subject.version),
        "line": reached.package.line,
        "scope": reached.scope,
        "required_by": reached.path,
        "names": row.names,
        "severity": str(row.level),
        "score": row.score,
        "summary": row.summary,
        "fixed": row.fixed,
        "fix": row.fix,
        "by": row.by,
        "ignored": ignore and {"reason": ignore.reason, "owner": ignore.owner, "expires": str(ignore.expires)},
    }


def as_markdown(report: Report) -> str:
    """A section for the summary of a job."""
    heads = ("package", "vulnerability", "severity", "required by", "fixed in")
    rows = [
        tuple(
            map(
                markdown.escaped,
                (
                    f"{row.subject.name} {row.subject.version}",
                    row.name,
                    f"{row.rated}, ignored" if row in report.audited.ignored else row.rated,
                    f"{row.subject.reached.required_by} ({row.subject.reached.scope})",
                    ", ".join(row.fixed),
                ),
            )
        )
        for row in report.audited.rows
    ]
    wrong = [finding for finding, row in report.audited.findings.items() if row is None]
    lines = "".join(f"- {markdown.escaped(f'{each.location}: {each.reason}')}\n" for each in wrong)
    inconclusive = f"**inconclusive**: {markdown.escaped(report.inconclusive)}\n\n" if report.inconclusive else ""
    shown = markdown.table(heads, rows) + "\n" if rows else ""
    listed = f"{lines}\n" if lines else ""
    return f"## evenfall audit\n\n{inconclusive}{shown}{listed}{markdown.escaped(last_line(report))}\n"

"""An audit for GitHub's Security tab."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any

from evenfall.findings import Finding
from evenfall.report.sarif import Rule, Tool, sarif
from evenfall.supply_chain.audit.report import Report
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability


def as_sarif(report: Report, prefix: str = "") -> dict[str, Any]:
    """Each finding at its line of the lock, which lies at `prefix` in the repository; what is ignored is suppressed.

    Where nobody knows, the run is told to have failed, so that no alert is taken for mended.
    """
    audited = report.audited
    answered = {
        finding: f"until {ignore.expires}, {ignore.owner}: {ignore.reason}"
        for finding, row in audited.findings.items()
        if row and (ignore := audited.ignored.get(row))
    }
    rules = list(_rules(audited.findings.items()))
    tool = Tool(
        name="evenfall audit", version=metadata.version("evenfall"), prefix=prefix, inconclusive=report.inconclusive
    )
    return sarif(audited.findings, rules, tool, answered=answered)


def _rules(told: Iterable[tuple[Finding, Vulnerability | None]]) -> Iterator[Rule]:
    for finding, row in told:
        if row is None:
            yield Rule(code=finding.code, title=finding.code.replace("-", " "))
        else:
            score = row.score if row.score is not None else _LEAST.get(row.level)
            page = f"https://osv.dev/vulnerability/{row.name}"
            yield Rule(code=row.name, title=row.summary or row.name, page=page, score=score)


_LEAST = {Level.LOW: 0.1, Level.MODERATE: 4.0, Level.HIGH: 7.0, Level.CRITICAL: 9.1}
"""GitHub makes a level of a score: the least that makes this level."""

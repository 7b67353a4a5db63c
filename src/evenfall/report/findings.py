"""Findings for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evenfall.findings import Finding, Severity
from evenfall.text import printable


def text(findings: Iterable[Finding]) -> str:
    """Each finding with its place, reason and next command; the worst first, a line empty between two."""
    order = list(Severity)
    ordered = sorted(findings, key=lambda finding: order.index(finding.severity))
    return "\n\n".join(printable(str(finding)) for finding in ordered)


def as_json(finding: Finding) -> dict[str, Any]:
    """A finding as what `--json` prints of it."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "path": finding.location.path,
        "line": finding.location.line,
        "key": finding.location.key,
        "reason": finding.reason,
        "fix": finding.fix,
    }


def fails(findings: Iterable[Finding]) -> bool:
    """Whether one of them fails the run: an error does, a warning and a note do not."""
    return any(finding.severity is Severity.ERROR for finding in findings)

"""Findings as SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

With what GitHub's Security tab asks for: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from evenfall.findings import Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "primaryLocationLineHash"
"""The only one that GitHub reads; like the one that it makes itself, it ends with a number that tells several of one mark apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the findings of one code have in common. `score` (0 to 10) is GitHub's `security-severity`, `page` explains the rule."""

    code: str
    title: str
    page: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Who found it, and the folder (`app/`) of the repository that paths of findings are relative to.

    `inconclusive` is why it could not find out, where it could not: the run counts as failed then.
    """

    name: str
    version: str
    prefix: str = ""
    inconclusive: str = ""


def sarif(
    findings: Iterable[Finding], rules: Iterable[Rule], tool: Tool, *, answered: Mapping[Finding, str]
) -> dict[str, Any]:
    """One run of a tool, as JSON's values. What is in `answered` is suppressed there, with what was said.

    A finding's fingerprint is its code, path and key and not its line, so that it stays the same one when the file around it
    changes.
    """
    seen: Counter[str] = Counter()
    results = [_result(finding, tool.prefix, seen, answered) for finding in findings]
    described = {rule.code: _rule(rule) for rule in rules}
    driver = {"name": tool.name, "version": tool.version, "rules": list(described.values())}
    said = [{"level": "error", "message": {"text": tool.inconclusive}}] if tool.inconclusive else []
    invocation = {"executionSuccessful": not said, "toolExecutionNotifications": said}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    title = {"text": rule.title}
    told: dict[str, Any] = {"id": rule.code, "shortDescription": title, "fullDescription": title}
    told["help"] = {"text": f"{rule.title}\n{rule.page}".strip()}
    if rule.page:
        told["helpUri"] = rule.page
    if rule.score is not None:
        told["properties"] = {"tags": ["security"], "security-severity": f"{rule.score:.1f}"}
    return told


def _result(finding: Finding, prefix: str, seen: Counter[str], answered: Mapping[Finding, str]) -> dict[str, Any]:
    place = finding.location
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(_bytes(prefix + place.path))}}
    if place.line:
        physical["region"] = {"startLine": place.line}
    mark = hashlib.sha256(_bytes("\0".join((finding.code, place.path, place.key)))).hexdigest()[:16]
    seen[mark] += 1
    told: dict[str, Any] = {
        "ruleId": finding.code,
        "level": finding.severity.value,
        "message": {"text": f"{finding.reason}\n{finding.fix}".strip()},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {FINGERPRINT: f"{mark}:{seen[mark]}"},
    }
    if finding in answered:
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": answered[finding]}]
    return told


def _bytes(text: str) -> bytes:
    """As git gave them, of a path that is no text too."""
    return text.encode("utf-8", "surrogateescape")

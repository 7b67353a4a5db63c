"""Findings as SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

With the properties that GitHub's Security tab reads:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
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
"""The only fingerprint that GitHub reads. Like GitHub's own, its value ends with a number that separates findings with the same hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SarifRule:
    """The rule that the findings of one code share. `score` (0 to 10) is GitHub's `security-severity`; `page` explains the rule."""

    code: str
    title: str
    page: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SarifTool:
    """The tool that found the findings, and the folder (`app/`) of the repository that their paths are relative to.

    `inconclusive` is the reason why the tool could not find everything out; such a run counts as failed.
    """

    name: str
    version: str
    prefix: str = ""
    inconclusive: str = ""


def sarif(
    findings: Iterable[Finding], rules: Iterable[SarifRule], tool: SarifTool, *, suppressed: Mapping[Finding, str]
) -> dict[str, Any]:
    """Return one run of a tool as JSON values. `suppressed` are the ignored findings and the reasons of the ignores.

    The fingerprint of a finding comes from its code, path and key, not from its line, so that the finding stays the same when
    the file around it changes.
    """
    seen: Counter[str] = Counter()
    results = [_result(finding, tool.prefix, seen, suppressed) for finding in findings]
    distinct = {rule.code: _rule(rule) for rule in rules}
    driver = {"name": tool.name, "version": tool.version, "rules": list(distinct.values())}
    notifications = [{"level": "error", "message": {"text": tool.inconclusive}}] if tool.inconclusive else []
    invocation = {"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: SarifRule) -> dict[str, Any]:
    title = {"text": rule.title}
    values: dict[str, Any] = {"id": rule.code, "shortDescription": title, "fullDescription": title}
    values["help"] = {"text": f"{rule.title}\n{rule.page}".strip()}
    if rule.page:
        values["helpUri"] = rule.page
    values["properties"] = {"tags": ["security"]}
    if rule.score is not None:
        values["properties"]["security-severity"] = f"{rule.score:.1f}"
    return values


def _result(finding: Finding, prefix: str, seen: Counter[str], suppressed: Mapping[Finding, str]) -> dict[str, Any]:
    location = finding.location
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(_bytes(prefix + location.path))}}
    if location.line:
        physical["region"] = {"startLine": location.line}
    digest = hashlib.sha256(_bytes("\0".join((finding.code, location.path, location.key)))).hexdigest()[:16]
    seen[digest] += 1
    values: dict[str, Any] = {
        "ruleId": finding.code,
        "level": finding.severity.value,
        "message": {"text": f"{finding.reason}\n{finding.fix}".strip()},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {FINGERPRINT: f"{digest}:{seen[digest]}"},
    }
    if finding in suppressed:
        values["suppressions"] = [{"kind": "external", "status": "accepted", "justification": suppressed[finding]}]
    return values


def _bytes(text: str) -> bytes:
    """Return the bytes of a path as git printed them; they need not be UTF-8."""
    return text.encode("utf-8", "surrogateescape")

"""The report about secrets: text for a terminal, and JSON; no value of a secret is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import starmap
from typing import Any

from evenfall.findings import Finding, Severity
from evenfall.report.output import finding_as_json, findings_as_text
from evenfall.supply_chain.secrets.rules import COMMIT_MESSAGE, Secret, SecretsReport
from evenfall.text import one_line, plural

MANY_SECRETS = 10
"""The number of findings above which the summary also counts them by rule and folder."""


def text(report: SecretsReport) -> str:
    """Return all findings; an empty text if there are none."""
    return findings_as_text(report.findings)


def summary(report: SecretsReport) -> str:
    """Return the number of secrets; if there are many, also a line per rule with the folders that have most of them."""
    found = [secret for secret, _ in report.open]
    errors = sum(finding.severity is Severity.ERROR for _, finding in report.open)
    counts = [
        plural(errors, "error"),
        plural(len(found) - errors, "warning"),
        f"{len(report.secrets) - len(found)} in the baseline",
    ]
    count = f"{plural(len(report.secrets), 'secret')}: {', '.join(counts)}"
    return "\n".join([count, *(_count_by_rule(found) if len(found) > MANY_SECRETS else ())])


def _count_by_rule(secrets: Iterable[Secret]) -> list[str]:
    rules: dict[str, Counter[str]] = {}
    for secret in secrets:
        rules.setdefault(secret.rule, Counter())[secret.path.partition("/")[0] or COMMIT_MESSAGE] += 1
    return [
        f"  {folders.total()} {rule}: "
        + ", ".join(f"{number} in {one_line(folder)}" for folder, number in folders.most_common(5))
        for rule, folders in sorted(rules.items(), key=lambda item: -item[1].total())
    ]


def as_json(report: SecretsReport) -> dict[str, Any]:
    """Return all findings and the paths that are not read; a secret also has its rule, confidence, commit, date and fingerprint."""
    findings = [*starmap(_secret_as_json, report.open), *map(finding_as_json, report.unused)]
    return {"exit_code": report.exit_code, "findings": findings, "not_read": report.not_read}


def _secret_as_json(secret: Secret, finding: Finding) -> dict[str, Any]:
    more = {"rule": secret.rule, "confidence": secret.confidence, "where": secret.where.value}
    more |= {"commit": secret.commit[:10], "date": secret.date, "fingerprint": secret.fingerprint}
    return finding_as_json(finding) | more

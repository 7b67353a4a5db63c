"""The result of checking an SBOM, as text and as JSON, and the message about missing metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evenfall.errors import Exit
from evenfall.findings import Finding, exit_code_for
from evenfall.report.output import finding_as_json, findings_as_text
from evenfall.text import plural, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomCheck:
    """The path of a document, the name of the lock, and the findings about it."""

    path: str
    lock: str
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        return exit_code_for(self.findings)


def text(check: SbomCheck) -> str:
    """Return the findings, or one line if the document agrees with the lock."""
    if check.findings:
        return findings_as_text(check.findings)
    return printable(f"{check.path} agrees with {check.lock}")


def as_json(check: SbomCheck) -> dict[str, Any]:
    """Return the result as the values of a JSON object."""
    return {"exit_code": check.exit_code, "findings": [*map(finding_as_json, check.findings)]}


def describe_missing(missing: Sequence[tuple[str, str]]) -> str:
    """Return a message about packages without metadata, which are pairs of a name and a reason; empty if there are none."""
    if not missing:
        return ""
    name, reason = missing[0]
    more = f", and those of {plural(len(missing) - 1, 'more package')}" if len(missing) > 1 else ""
    return f"the license and supplier of {name} are unknown ({reason}){more}"

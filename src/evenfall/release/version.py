"""Check that the version of a project can be released, and say which tag it has."""

from __future__ import annotations

from dataclasses import dataclass

from evenfall.errors import Exit
from evenfall.findings import Finding, exit_code_for, has_errors
from evenfall.release.version_facts import VersionRequest, gather_facts
from evenfall.release.version_notes import next_commands, notes, unknown
from evenfall.release.version_rules import rules

__all__ = ["VersionReport", "VersionRequest", "check_version"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReport:
    """The version in its normal form (PEP 440), its tag, and what prevents the release. A build for TestPyPI has no tag.

    `unknown` are the checks that could not be made, each with its reason and the next command, and `next` are the next commands after a
    success.
    """

    version: str
    tag: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    next: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        return exit_code_for(self.findings, unknown=self.unknown)


def check_version(request: VersionRequest) -> VersionReport:
    """Check the version of a project by the rules for an index. Raises `EvenfallError` as `gather_facts` does."""
    facts = gather_facts(request)
    findings = tuple(finding for rule in rules(facts) for finding in rule(facts))
    return VersionReport(
        version=str(facts.version),
        tag=facts.expected_tag if request.index == "pypi" else "",
        findings=findings,
        notes=tuple(notes(facts)),
        unknown=tuple(unknown(facts)),
        next=() if has_errors(findings) else next_commands(facts),
    )

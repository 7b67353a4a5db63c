from __future__ import annotations

import pytest

from evenfall.errors import Exit
from evenfall.findings import Finding, Location, Severity
from evenfall.github.auto_merge.decision import decide
from evenfall.github.auto_merge.version_changes import VersionChange


def change(before: str, after: str) -> VersionChange:
    return VersionChange(name="oil", before=tuple(before.split()), after=tuple(after.split()))


def finding(severity: Severity) -> Finding:
    return Finding(code="review-x", severity=severity, location=Location(path="uv.lock"), reason="oil is rancid")


PATCH, MINOR, MAJOR = change("1.0", "1.0.1"), change("1.0", "1.1"), change("1.0", "2.0")
ADDED, REMOVED = change("", "1.0"), change("1.0", "")
NOTE, WARNING, ERROR = map(finding, (Severity.NOTE, Severity.WARNING, Severity.ERROR))


@pytest.mark.parametrize(
    ("changes", "findings", "reasons"),
    [
        ((PATCH,), (), ()),
        ((PATCH, MINOR, REMOVED), (), ()),
        ((PATCH,), (NOTE,), ()),
        ((PATCH, ADDED), (), ()),
        ((PATCH, ADDED), (NOTE,), ("oil (none) -> 1.0 is a new package",)),
        ((PATCH,), (WARNING,), ("review-x: oil is rancid",)),
        ((PATCH,), (ERROR,), ("review-x: oil is rancid",)),
        ((PATCH, MAJOR), (), ("oil 1.0 -> 2.0 is a major update",)),
        ((change("1.1", "1.0"),), (), ("oil 1.1 -> 1.0 is a downgrade",)),
        ((change("1.0", "1.1a1"),), (), ("oil 1.0 -> 1.1a1 is an update to a pre-release",)),
        ((), (), ("the lock contains the same versions as before",)),
    ],
)
def test_patch_and_minor_updates_without_a_finding_are_allowed(
    changes: tuple[VersionChange, ...], findings: tuple[Finding, ...], reasons: tuple[str, ...]
) -> None:
    decision = decide(changes, findings)
    assert decision.reasons == reasons
    assert decision.is_allowed is not bool(reasons)
    assert decision.exit_code is Exit.FINE


def test_what_could_not_be_found_out_is_not_allowed() -> None:
    decision = decide((PATCH,), (), ("vulnerabilities: no network",))
    assert (decision.is_allowed, decision.exit_code) == (False, Exit.UNKNOWN)

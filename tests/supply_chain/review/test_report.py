"""A review as it is told."""

from __future__ import annotations

from evenfall.findings import Finding, Location
from evenfall.supply_chain.review.lock_diff import Differences
from evenfall.supply_chain.review.report import Report, as_markdown, text

NOTHING = Differences(changes=(), tampered=(), moved=(), strange=(), built=())
WRONG = Finding(code="review-young", location=Location(path="uv.lock", line=3), reason="oil | <b> is young")


def report(*findings: Finding) -> Report:
    return Report(
        base="main",
        head="HEAD",
        differences=NOTHING,
        findings=findings,
        gone=(),
        licenses={},
        inconclusive=("vulnerabilities: no network",),
        exit_code=3,
    )


def test_where_nothing_changed_and_nothing_is_wrong_there_is_no_table() -> None:
    assert as_markdown(report()) == (
        "## evenfall review\n\nmain..HEAD: no package came, went or changed; 0 errors\n\n"
        "- not found out: vulnerabilities: no network\n"
    )


def test_what_is_wrong_is_told_without_a_change_too_and_formats_nothing() -> None:
    assert "| error | review\\-young | oil \\| &lt;b&gt; is young |  |" in as_markdown(report(WRONG))
    assert text(report(WRONG)).endswith("1 error\n")

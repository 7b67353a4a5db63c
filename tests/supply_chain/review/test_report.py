from __future__ import annotations

from evenfall.findings import Finding, Location
from evenfall.supply_chain.review.report import ReviewReport, as_markdown, text

RECENT = Finding(code="review-recent-release", location=Location(path="uv.lock", line=3), reason="oil | <b> is recent")


def report(*findings: Finding) -> ReviewReport:
    return ReviewReport(
        base="main",
        head="HEAD",
        changes=(),
        findings=findings,
        fixed=(),
        licenses={},
        inconclusive=("vulnerabilities: no network",),
    )


def test_a_report_without_changes_and_findings_has_no_table() -> None:
    assert as_markdown(report()) == (
        "## evenfall review\n\nmain..HEAD: no package changed; 0 errors\n\n"
        "- inconclusive: vulnerabilities: no network\n"
    )


def test_a_finding_without_a_change_is_reported_and_its_markup_is_escaped() -> None:
    assert "| error | review\\-recent\\-release | oil \\| &lt;b&gt; is recent |  |" in as_markdown(report(RECENT))
    assert text(report(RECENT)).endswith("1 error")

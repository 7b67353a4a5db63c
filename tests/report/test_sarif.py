from __future__ import annotations

import json
from typing import Any

from evenfall.findings import Finding, Location, Severity
from evenfall.report.sarif import SarifRule, SarifTool, sarif

OIL = Finding(code="CVE-1", location=Location(path="a b/uv.lock", line=7, key="oil"), reason="oil burns", fix="uv lock")
MOVED_OIL = Finding(code="CVE-1", location=Location(path="a b/uv.lock", line=9, key="oil"), reason="oil burns")
NOTE = Finding(
    code="odd", severity=Severity.NOTE, location=Location(path="pyproject.toml", key="x"), reason="it is odd"
)
RULES = [SarifRule(code="CVE-1", title="Fire.", page="https://osv.dev/vulnerability/CVE-1", score=7.5)] * 2


def results(*findings: Finding, suppressed: dict[Finding, str] | None = None) -> list[dict[str, Any]]:
    document = sarif(findings, RULES, SarifTool(name="evenfall audit", version="1"), suppressed=suppressed or {})
    (run,) = document["runs"]
    assert (document["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "evenfall audit")
    listed: list[dict[str, Any]] = run["results"]
    return listed


def test_a_result_has_the_line_and_the_fix_of_its_finding() -> None:
    (result,) = results(OIL)
    assert result["ruleId"] == "CVE-1"
    assert result["level"] == "error"
    assert result["message"] == {"text": "oil burns\nuv lock"}
    assert result["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "a%20b/uv.lock"}, "region": {"startLine": 7}}}
    ]


def test_a_finding_without_a_line_has_no_region() -> None:
    (result,) = results(NOTE)
    assert result["level"] == "note"
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_a_finding_keeps_its_fingerprint_when_its_line_changes() -> None:
    (first,), (second,) = results(OIL), results(MOVED_OIL)
    assert list(first["partialFingerprints"]) == ["primaryLocationLineHash"]
    assert first["partialFingerprints"] == second["partialFingerprints"]
    assert first["partialFingerprints"] != results(NOTE)[0]["partialFingerprints"]


def test_two_findings_that_differ_only_by_line_have_two_fingerprints() -> None:
    first, second = results(OIL, MOVED_OIL)
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_each_rule_is_listed_once_with_its_page_and_score() -> None:
    document = sarif(
        [OIL], [*RULES, SarifRule(code="odd", title="odd")], SarifTool(name="x", version="1"), suppressed={}
    )
    assert document["runs"][0]["tool"]["driver"]["rules"] == [
        {
            "id": "CVE-1",
            "shortDescription": {"text": "Fire."},
            "fullDescription": {"text": "Fire."},
            "help": {"text": "Fire.\nhttps://osv.dev/vulnerability/CVE-1"},
            "helpUri": "https://osv.dev/vulnerability/CVE-1",
            "properties": {"tags": ["security"], "security-severity": "7.5"},
        },
        {
            "id": "odd",
            "shortDescription": {"text": "odd"},
            "fullDescription": {"text": "odd"},
            "help": {"text": "odd"},
            "properties": {"tags": ["security"]},
        },
    ]


def test_an_ignored_finding_is_suppressed_with_its_reason() -> None:
    first, second = results(OIL, NOTE, suppressed={OIL: "never lit"})
    assert first["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "never lit"}]
    assert "suppressions" not in second


def test_a_path_is_relative_to_the_repository_and_an_inconclusive_run_is_not_successful() -> None:
    (run,) = sarif([OIL], RULES, SarifTool(name="x", version="1", prefix="my app/"), suppressed={})["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "my%20app/a%20b/uv.lock"
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    (run,) = sarif([], RULES, SarifTool(name="x", version="1", inconclusive="too old"), suppressed={})["runs"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["toolExecutionNotifications"][0]["message"]["text"]) == (
        False,
        "too old",
    )


def test_a_path_that_is_not_utf8_is_percent_encoded() -> None:
    (run,) = sarif(
        [OIL],
        RULES,
        SarifTool(name="x", version="1", prefix=b"b\xff/".decode("utf-8", "surrogateescape")),
        suppressed={},
    )["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "b%FF/a%20b/uv.lock"
    assert json.dumps(run).encode()

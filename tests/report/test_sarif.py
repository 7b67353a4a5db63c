from __future__ import annotations

import json
from typing import Any

from evenfall.findings import Finding, Location, Severity
from evenfall.report.sarif import Rule, Tool, sarif

OIL = Finding(code="CVE-1", location=Location(path="a b/uv.lock", line=7, key="oil"), reason="oil burns", fix="uv lock")
MOVED = Finding(code="CVE-1", location=Location(path="a b/uv.lock", line=9, key="oil"), reason="oil burns")
NOTE = Finding(
    code="odd", severity=Severity.NOTE, location=Location(path="pyproject.toml", key="x"), reason="it is odd"
)
RULES = [Rule(code="CVE-1", title="Fire.", page="https://osv.dev/vulnerability/CVE-1", score=7.5)] * 2


def results(*findings: Finding, answered: dict[Finding, str] | None = None) -> list[dict[str, Any]]:
    told = sarif(findings, RULES, Tool(name="evenfall audit", version="1"), answered=answered or {})
    (run,) = told["runs"]
    assert (told["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "evenfall audit")
    found: list[dict[str, Any]] = run["results"]
    return found


def test_a_finding_stands_at_its_line_with_what_to_do() -> None:
    (result,) = results(OIL)
    assert result["ruleId"] == "CVE-1"
    assert result["level"] == "error"
    assert result["message"] == {"text": "oil burns\nuv lock"}
    assert result["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "a%20b/uv.lock"}, "region": {"startLine": 7}}}
    ]


def test_a_finding_without_a_line_stands_at_its_file() -> None:
    (result,) = results(NOTE)
    assert result["level"] == "note"
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_a_finding_stays_the_same_one_when_the_lines_move() -> None:
    """By the one fingerprint that GitHub reads."""
    (first,), (second,) = results(OIL), results(MOVED)
    assert list(first["partialFingerprints"]) == ["primaryLocationLineHash"]
    assert first["partialFingerprints"] == second["partialFingerprints"]
    assert first["partialFingerprints"] != results(NOTE)[0]["partialFingerprints"]


def test_two_alike_in_one_run_are_two() -> None:
    first, second = results(OIL, MOVED)
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_a_rule_is_there_once_with_its_page_and_score() -> None:
    told = sarif([OIL], [*RULES, Rule(code="odd", title="odd")], Tool(name="x", version="1"), answered={})
    assert told["runs"][0]["tool"]["driver"]["rules"] == [
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
        },
    ]


def test_what_somebody_answers_for_is_suppressed_with_what_was_said() -> None:
    first, second = results(OIL, NOTE, answered={OIL: "never lit"})
    assert first["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "never lit"}]
    assert "suppressions" not in second


def test_a_path_is_the_repositorys_and_a_run_that_knows_nothing_has_failed() -> None:
    (run,) = sarif([OIL], RULES, Tool(name="x", version="1", prefix="my app/"), answered={})["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "my%20app/a%20b/uv.lock"
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    (run,) = sarif([], RULES, Tool(name="x", version="1", inconclusive="too old"), answered={})["runs"]
    (said,) = run["invocations"]
    assert (said["executionSuccessful"], said["toolExecutionNotifications"][0]["message"]["text"]) == (False, "too old")


def test_a_path_that_is_no_text_is_told_byte_by_byte() -> None:
    (run,) = sarif(
        [OIL], RULES, Tool(name="x", version="1", prefix=b"b\xff/".decode("utf-8", "surrogateescape")), answered={}
    )["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "b%FF/a%20b/uv.lock"
    assert json.dumps(run).encode()

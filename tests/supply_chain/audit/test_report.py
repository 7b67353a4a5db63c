from __future__ import annotations

from pathlib import Path
from typing import Any

from evenfall.supply_chain.audit.report import as_json, as_markdown, as_sarif, text
from evenfall.supply_chain.audit.rules import AuditReport
from evenfall.supply_chain.audit.scanner_result import (
    UV_AUDIT,
    ScannerReport,
    ScannerUnavailable,
    reported_vulnerability,
)
from tests.supply_chain.audit.test_rules import FIXED, HIGH, IGNORE, VULNERABLE, audit
from tests.supply_chain.locks import package, root
from tests.supply_chain.osv import record

OTHER = 'source = { registry = "https://example.org/simple" }'
LAMP = (root(["oil"], ["wick"]), package("oil"), package("wick", source=OTHER), package("bare", "", source=""))
FIRE = record("PYSEC-1", "oil", events=FIXED, aliases=["CVE-1"], details="Fire\x1b[2J | <b>.", **HIGH)
UNUSED = {**IGNORE, "id": "CVE-9"}


def report(folder: Path, *records: dict[str, Any], **more: Any) -> AuditReport:
    """Return the report of an audit in which `uv audit` reports one more vulnerability and Safety is unavailable."""
    only_uv = reported_vulnerability(UV_AUDIT, "wick", "1", ids=("CVE-7",), summary="")
    scanners = (
        ScannerReport(tool=UV_AUDIT, vulnerabilities=(only_uv,)),
        ScannerUnavailable(tool="safety check", reason="no <network>"),
    )
    return audit(folder, *records, **{"packages": LAMP, "scanners": scanners, **more})


def test_the_text_has_a_block_per_vulnerability_and_a_summary(tmp_path: Path) -> None:
    assert text(report(tmp_path, FIRE), verbose=False) == (
        "oil 1  CVE-1  high 7.5\n"
        "  also known as: PYSEC-1\n"
        "  Fire\\x1b[2J | <b>.\n"
        "  required by: lantern > oil (runtime)\n"
        "  locked at: uv.lock:18\n"
        "  fixed in: 2\n"
        '  next: uv lock --upgrade-package "oil>=2"\n'
        "\n"
        "wick 1  CVE-7  unknown\n"
        "  required by: lantern (group dev) > wick (dev)\n"
        "  locked at: uv.lock:23\n"
        "  reported by: uv audit\n"
        "  next: no fixed version is known: replace wick, or add an ignore to [tool.evenfall.audit]\n"
        "\n"
        "not audited: 2 packages, a part of the project or without a version; --verbose lists them\n"
        "not from PyPI, so matched by name only: 1 package; --verbose lists them\n"
        "not available: safety check: no <network>\n"
        "\n"
        "2 known vulnerabilities (1 high, 1 unknown) in 2 of 2 packages; 1 advisory, downloaded on 2026-11-24, "
        "newest of 2026-11-25, sha256 "
    )


def test_the_next_step_for_several_vulnerabilities_of_a_package_is_shown_once(tmp_path: Path) -> None:
    output = text(report(tmp_path, FIRE, {**FIRE, "id": "PYSEC-2", "aliases": []}), verbose=False)
    assert output.count("\n  locked at: uv.lock:18") == 2
    assert output.count('\n  next: uv lock --upgrade-package "oil>=2"') == 1


def test_verbose_text_lists_the_packages_that_are_not_audited_or_not_from_pypi(tmp_path: Path) -> None:
    lines = text(report(tmp_path), verbose=True).splitlines()
    assert "  uv.lock:5: lantern: the project itself (editable .)" in lines
    assert "  uv.lock:23: wick 1: registry https://example.org/simple" in lines


def test_ignored_vulnerabilities_are_short_and_unused_ignores_are_findings(tmp_path: Path) -> None:
    output = text(
        report(tmp_path, VULNERABLE, packages=(package("oil"),), scanners=(), ignore=[IGNORE, UNUSED]), verbose=False
    )
    assert output.startswith(
        "oil 1  CVE-1  unknown\n  cve-1 is ignored until 2026-11-25 by ann: never lit\n\npyproject.toml:"
    )
    assert "error [ignore-unused]" in output
    assert "\n\nno known vulnerability in 1 package, 1 ignored, 1 error; 1 advisory" in output


def test_json_contains_the_complete_report(tmp_path: Path) -> None:
    values = as_json(report(tmp_path, FIRE, age=8, ignore=[IGNORE]))
    assert (values["exit_code"], values["inconclusive"][:10], values["audited"]) == (1, "advisories", 2)
    assert values["database"] == {
        "source": "all.zip",
        "sha256": "",
        "fetched": "2026-11-17T12:00:00Z",
        "newest": "2026-11-25T12:00:00Z",
        "records": 1,
        "packages": 1,
    }
    assert values["scanners"] == [
        {"tool": "uv audit", "available": True, "reason": ""},
        {"tool": "safety check", "available": False, "reason": "no <network>"},
    ]
    assert [each["name"] for each in values["not_audited"]] == ["lantern", "bare"]
    assert [each["name"] for each in values["not_from_pypi"]] == ["wick"]
    oil, wick = values["vulnerabilities"]
    assert oil == {
        "package": "oil",
        "version": "1",
        "lock": "uv.lock",
        "line": 18,
        "scope": "runtime",
        "required_by": ("lantern", "oil"),
        "ids": ("CVE-1", "PYSEC-1"),
        "severity": "high",
        "score": 7.5,
        "summary": "Fire\x1b[2J | <b>.",
        "fixed": ("2",),
        "fix": 'uv lock --upgrade-package "oil>=2"',
        "reported_by": ("osv",),
        "ignored": {"id": "cve-1", "reason": "never lit", "owner": "ann", "expires": "2026-11-25"},
    }
    assert wick["ignored"] is None
    assert [each["code"] for each in values["findings"]] == ["CVE-1", "CVE-7"]


def test_markdown_is_a_table_that_no_text_of_an_advisory_can_break(tmp_path: Path) -> None:
    output = as_markdown(report(tmp_path, FIRE, age=8, ignore=[IGNORE, UNUSED]))
    assert output.startswith("## evenfall audit\n\n**inconclusive**: advisories: all.zip:")
    assert "\n\n| package | vulnerability | severity | required by | fixed in |" in output
    assert r"| oil 1 | CVE\-1 | high 7.5, cve\-1 is ignored | lantern &gt; oil \(runtime\) | 2 |" in output
    assert "\n- pyproject.toml: tool.evenfall.audit.ignore\\[1\\]: unused ignore" in output
    assert "\n- not available: safety check: no &lt;network&gt;\n" in output
    assert output.endswith("sha256\n")


def test_markdown_without_findings_is_only_the_summary(tmp_path: Path) -> None:
    output = as_markdown(report(tmp_path, packages=(package("oil"),), scanners=()))
    assert output.startswith("## evenfall audit\n\nno known vulnerability in 1 package; ")


def test_sarif_has_a_rule_per_vulnerability_and_a_score_unless_the_severity_is_unknown(tmp_path: Path) -> None:
    moderate = record("CVE-5", "oil", versions=["1"], database_specific={"severity": "MODERATE"})
    (run,) = as_sarif(report(tmp_path, FIRE, moderate, ignore=[IGNORE, UNUSED]))["runs"]
    rules = {rule["id"]: rule.get("properties", {}).get("security-severity") for rule in run["tool"]["driver"]["rules"]}
    assert rules == {"CVE-1": "7.5", "CVE-5": "4.0", "CVE-7": None, "ignore-unused": None}
    assert [(each["ruleId"], each["level"], "suppressions" in each) for each in run["results"]] == [
        ("CVE-1", "note", True),
        ("CVE-5", "error", False),
        ("CVE-7", "error", False),
        ("ignore-unused", "error", False),
    ]
    assert run["invocations"][0]["executionSuccessful"]


def test_an_inconclusive_audit_is_a_failed_run_in_sarif(tmp_path: Path) -> None:
    (run,) = as_sarif(report(tmp_path, age=8))["runs"]
    assert not run["invocations"][0]["executionSuccessful"]

from __future__ import annotations

from pathlib import Path
from typing import Any

from evenfall.errors import Exit
from evenfall.supply_chain.audit.report import Report, as_json, as_markdown, text
from evenfall.supply_chain.audit.sarif import as_sarif
from evenfall.supply_chain.audit.scanner_result import UV, Heard, Missing
from evenfall.supply_chain.audit.scanners import Said, claim
from tests.supply_chain.audit.test_freshness import origin
from tests.supply_chain.audit.test_rules import ANSWER, FIXED, HIGH, VULNERABLE, asked
from tests.supply_chain.locks import package, root
from tests.supply_chain.osv import record

ELSEWHERE = 'source = { registry = "https://example.org/simple" }'
LAMP = (root(["oil"], ["wick"]), package("oil"), package("wick", source=ELSEWHERE), package("bare", "", source=""))


def report(folder: Path, *records: dict[str, Any], inconclusive: str = "", **more: Any) -> Report:
    heard = Heard(tool=UV, claims=(claim(UV, Said(package="wick", version="1", names=("CVE-7",), summary="")),))
    opinions = (heard, Missing(tool="safety", why="it sleeps"))
    audited = asked(folder, *records, **{"packages": LAMP, "opinions": opinions, **more})
    return Report(
        audited=audited, origin=origin(1), opinions=opinions, exit_code=Exit.FINDINGS, inconclusive=inconclusive
    )


BURNS = record("PYSEC-1", "oil", events=FIXED, aliases=["CVE-1"], details="Fire\x1b[2J | <b>.", **HIGH)


def test_each_row_is_a_block_and_the_last_line_counts(tmp_path: Path) -> None:
    assert text(report(tmp_path, BURNS), verbose=False) == (
        "oil 1  CVE-1  high 7.5\n"
        "  also:  PYSEC-1\n"
        "  Fire\\x1b[2J | <b>.\n"
        "  required by: lantern > oil (runtime)\n"
        "  at:    uv.lock:18\n"
        "  fixed: 2\n"
        "  next: uv lock --upgrade-package oil\n"
        "\n"
        "wick 1  CVE-7  unknown\n"
        "  required by: lantern (group dev) > wick (dev)\n"
        "  at:    uv.lock:23\n"
        "  by:    uv audit\n"
        "  next: no version is fixed: replace wick, or answer for it in [tool.evenfall.audit] ignore\n"
        "\n"
        "not audited: 2 packages, built here or without a version; --verbose names them\n"
        "not from PyPI, so compared by name alone: 1 package; --verbose names them\n"
        "\n"
        "2 known vulnerabilities (1 high, 1 unknown) in 2 of 2 packages; 1 advisories, taken on 2026-11-24, "
        "the newest of 2026-11-25, sha256 \n"
    )


def test_with_verbose_what_is_left_out_is_named(tmp_path: Path) -> None:
    said = text(report(tmp_path), verbose=True)
    assert (
        "not audited: 2 packages, built here or without a version\n  uv.lock:5: lantern: built here (editable .)\n"
        in said
    )
    assert "by name alone: 1 package\n  uv.lock:23: wick 1: registry https://example.org/simple\n" in said


def test_what_somebody_answers_for_is_short_and_what_is_wrong_with_answers_is_a_finding(tmp_path: Path) -> None:
    answers = [ANSWER, {**ANSWER, "id": "CVE-9"}]
    told = report(tmp_path, VULNERABLE, packages=(package("oil"),), opinions=(), ignore=answers)
    said = text(told, verbose=False)
    assert said.startswith(
        "oil 1  CVE-1  unknown\n  ignored until 2026-11-25: never lit (ann)\n\npyproject.toml: tool."
    )
    assert "error [ignore-unused]" in said
    assert "\n\nno known vulnerability in 1 package, 1 ignored; 1 advisories" in said


def test_programs_get_all_of_it(tmp_path: Path) -> None:
    told = as_json(report(tmp_path, BURNS, inconclusive="too old", ignore=[ANSWER]))
    assert (told["exit_code"], told["inconclusive"], told["audited"]) == (1, "too old", 2)
    assert told["database"] == {
        "source": "all.zip",
        "sha256": "",
        "fetched": "2026-11-24T12:00:00Z",
        "newest": "2026-11-25T12:00:00Z",
        "records": 1,
        "packages": 1,
    }
    assert told["opinions"] == [
        {"tool": "uv audit", "heard": True, "why": ""},
        {"tool": "safety", "heard": False, "why": "it sleeps"},
    ]
    assert [each["name"] for each in told["not_audited"]] == ["lantern", "bare"]
    assert [each["name"] for each in told["elsewhere"]] == ["wick"]
    oil, wick = told["vulnerabilities"]
    assert oil == {
        "package": "oil",
        "version": "1",
        "line": 18,
        "scope": "runtime",
        "required_by": ("lantern", "oil"),
        "names": ("CVE-1", "PYSEC-1"),
        "severity": "high",
        "score": 7.5,
        "summary": "Fire\x1b[2J | <b>.",
        "fixed": ("2",),
        "fix": "uv lock --upgrade-package oil",
        "by": ("osv",),
        "ignored": {"reason": "never lit", "owner": "ann", "expires": "2026-11-25"},
    }
    assert wick["ignored"] is None
    assert [each["code"] for each in told["findings"]] == ["CVE-1", "CVE-7"]


def test_the_summary_of_a_job_is_a_table_that_nothing_in_it_can_break(tmp_path: Path) -> None:
    said = as_markdown(report(tmp_path, BURNS, inconclusive="too <old>", ignore=[ANSWER, {**ANSWER, "id": "CVE-9"}]))
    assert said.startswith(
        "## evenfall audit\n\n**inconclusive**: too &lt;old&gt;\n\n| package | vulnerability | severity |"
    )
    assert r"| oil 1 | CVE\-1 | high 7.5, ignored | lantern &gt; oil \(runtime\) | 2 |" in said
    assert "\n- pyproject.toml: tool.evenfall.audit.ignore\\[1\\]: nothing that is locked has CVE\\-9" in said
    assert said.endswith("sha256\n")


def test_the_summary_of_a_sound_project_is_one_line(tmp_path: Path) -> None:
    said = as_markdown(report(tmp_path, packages=(package("oil"),), opinions=()))
    assert said.startswith("## evenfall audit\n\nno known vulnerability in 1 package; ")


def test_github_gets_a_rule_for_each_vulnerability_and_no_score_of_what_is_unknown(tmp_path: Path) -> None:
    word = record("CVE-5", "oil", versions=["1"], database_specific={"severity": "MODERATE"})
    (run,) = as_sarif(report(tmp_path, BURNS, word, ignore=[ANSWER, {**ANSWER, "id": "CVE-9"}]))["runs"]
    rules = {rule["id"]: rule.get("properties", {}).get("security-severity") for rule in run["tool"]["driver"]["rules"]}
    assert rules == {"CVE-1": "7.5", "CVE-5": "4.0", "CVE-7": None, "ignore-unused": None}
    assert [(each["ruleId"], each["level"], "suppressions" in each) for each in run["results"]] == [
        ("CVE-1", "note", True),
        ("CVE-5", "error", False),
        ("CVE-7", "error", False),
        ("ignore-unused", "error", False),
    ]

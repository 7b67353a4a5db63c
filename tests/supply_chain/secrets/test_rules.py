"""Secrets, the baseline and the report as pure functions; `test_secrets.py` runs the real scanner."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import Exit
from evenfall.findings import Severity
from evenfall.git.commit_history import CommitHistory
from evenfall.project.settings import BaselineEntry, Secrets
from evenfall.supply_chain.secrets.report import as_json, summary, text
from evenfall.supply_chain.secrets.rules import Secret, Where, evaluate, group_matches, outside_baseline
from evenfall.supply_chain.secrets.scanner_report import Match

HISTORY = CommitHistory(
    folder=Path("history.git"), commits=("c1", "c2", "c3"), uncommitted=("work tree", "index"), nested_repositories=()
)
FINGERPRINT = "0123456789abcdef0123"


def match(
    commit: str, *, line: int = 1, path: str = "a.py", fingerprint: str = FINGERPRINT, confidence: str = "high"
) -> Match:
    return Match(
        rule="github-pat",
        description="A token.",
        confidence=confidence,
        path=path,
        line=line,
        commit=commit,
        date=f"2026-11-0{commit[-1]}" if commit[0] == "c" else "2001-01-01",
        fingerprint=fingerprint,
    )


def secret(
    path: str = "a.py", fingerprint: str = FINGERPRINT, rule: str = "github-pat", confidence: str = "high"
) -> Secret:
    return Secret(
        rule=rule,
        description="A token.",
        confidence=confidence,
        path=path,
        line=3,
        commit="",
        date="",
        where=Where.FILES,
        fingerprint=fingerprint,
    )


def by_fingerprint(fingerprint: str = FINGERPRINT) -> BaselineEntry:
    return BaselineEntry(fingerprint=fingerprint, reason="an example")


def by_pattern(rule: str, path: str) -> BaselineEntry:
    return BaselineEntry(rule=rule, path=path, reason="examples")


def test_a_secret_has_its_first_commit_and_its_line_in_the_current_file() -> None:
    matches = [match("c3", line=9), match("index", line=8), match("c2", line=7), match("work tree", line=6)]
    (found,) = group_matches([*matches, match("work tree", line=5)], HISTORY)
    assert (found.where, found.line, found.commit, found.date) == (Where.BOTH, 5, "c2", "2026-11-02")


def test_a_secret_that_is_only_in_the_history_has_its_line_in_the_first_commit() -> None:
    (found,) = group_matches([match("c3", line=9), match("c1", line=7)], HISTORY)
    assert (found.where, found.line, found.commit) == (Where.HISTORY, 7, "c1")


def test_an_uncommitted_secret_has_no_commit() -> None:
    (found,) = group_matches([match("index", line=4)], HISTORY)
    assert (found.where, found.line, found.commit, found.date) == (Where.FILES, 4, "", "")


def test_secrets_in_current_files_come_first() -> None:
    matches = [
        match("c1", path="a.py", fingerprint="1"),
        match("index", path="c.py", fingerprint="2"),
        match("index", path="b.py", fingerprint="3"),
    ]
    assert [each.path for each in group_matches(matches, HISTORY)] == ["b.py", "c.py", "a.py"]


def test_the_fix_of_a_finding_depends_on_where_the_secret_is() -> None:
    fixes = {
        commits: group_matches([match(commit) for commit in commits], HISTORY)[0].finding("warn").fix
        for commits in (("index",), ("c1", "index"), ("c1",))
    }
    assert [fix.split()[0] for fix in fixes.values()] == ["remove", "rotate", "rotate"]
    assert "git-filter-repo" not in fixes["index",]
    assert "uvx git-filter-repo --replace-text FILE" in fixes["c1",]
    assert all(f"evenfall secrets --add-to-baseline {FINGERPRINT} --reason" in fix for fix in fixes.values())


def test_a_secret_in_a_commit_message_has_no_file() -> None:
    (found,) = group_matches([match("c2", path="")], HISTORY)
    finding = found.finding("warn")
    assert str(finding.location) == "commit message"
    assert "uvx git-filter-repo --replace-message FILE" in finding.fix


def test_a_fingerprint_covers_one_secret_and_a_pattern_all_of_its_rule_in_matching_files() -> None:
    secrets = [secret("docs/a.md", "1"), secret("docs/sub/b.md", "2"), secret("docs.md", "3"), secret("x", "4")]
    key = secret("docs/key.pem", "5", rule="private-key")
    assert [each.path for each in outside_baseline([*secrets, key], [by_pattern("github-pat", "docs/*")])] == [
        "docs.md",
        "x",
        "docs/key.pem",
    ]
    assert outside_baseline([secret(), secret("b.py", "1")], [by_fingerprint()]) == (secret("b.py", "1"),)


def test_findings_are_the_secrets_outside_the_baseline() -> None:
    assert evaluate([secret()], Secrets()).exit_code == Exit.FINDINGS
    assert evaluate([secret()], Secrets(baseline=(by_fingerprint(),))).exit_code == Exit.FINE
    assert evaluate([], Secrets()).exit_code == Exit.FINE


@pytest.mark.parametrize("confidence", ["low", "medium", "high", "unknown"])
def test_only_low_confidence_is_a_warning_and_the_policy_can_make_it_an_error(confidence: str) -> None:
    doubtful = secret(confidence=confidence)
    warn, fail = (evaluate([doubtful], Secrets(low_confidence=policy)) for policy in ("warn", "fail"))
    assert (fail.exit_code, fail.findings[0].severity) == (Exit.FINDINGS, Severity.ERROR)
    assert f"Confidence: {confidence}." in warn.findings[0].reason
    expected = (Exit.FINE, Severity.WARNING) if confidence == "low" else (Exit.FINDINGS, Severity.ERROR)
    assert (warn.exit_code, warn.findings[0].severity) == expected
    assert warn.findings[0].fix.startswith("if it is a secret: ") is (confidence == "low")


def test_a_secret_has_the_highest_confidence_of_its_places() -> None:
    for confidences, highest in (
        (("low", "medium"), "medium"),
        (("unknown", "low"), "unknown"),
        (("low", "low"), "low"),
    ):
        matches = [match(commit, confidence=it) for commit, it in zip(("c1", "index"), confidences, strict=True)]
        assert group_matches(matches, HISTORY)[0].confidence == highest


def test_an_unused_or_repeated_baseline_entry_is_a_finding() -> None:
    entries = (by_fingerprint(), by_fingerprint("f" * 20), by_fingerprint(), by_pattern("github-pat", "a*"))
    report = evaluate([secret()], Secrets(baseline=entries))
    assert report.exit_code == Exit.FINDINGS
    assert [(each.code, str(each.location)) for each in report.unused] == [
        ("baseline-unused", f"pyproject.toml: tool.evenfall.secrets.baseline[{place}]") for place in (1, 2, 3)
    ]
    assert "github-pat:a*" in report.unused[2].reason


def test_the_report_lists_secrets_and_unused_entries() -> None:
    report = evaluate(group_matches([match("c2")], HISTORY), Secrets(baseline=(by_fingerprint("f" * 20),)))
    assert text(report).startswith(
        "a.py:1: error [secret] github-pat: A token. Confidence: high. The secret is only in the history"
    )
    found, unused = as_json(report)["findings"]
    keys = ("rule", "confidence", "where", "commit", "date", "fingerprint")
    assert tuple(found[key] for key in keys) == (
        "github-pat",
        "high",
        "only in the history",
        "c2",
        "2026-11-02",
        FINGERPRINT,
    )
    assert unused["code"] == "baseline-unused"
    assert (text(evaluate([], Secrets())), as_json(evaluate([], Secrets()))) == (
        "",
        {"exit_code": 0, "findings": [], "not_read": ()},
    )


def test_the_summary_counts_many_secrets_by_rule_and_folder() -> None:
    few = [secret(f"docs/{number}.md", str(number)) for number in range(10)]
    assert (
        summary(evaluate(few, Secrets(baseline=(by_fingerprint("3"),))))
        == "10 secrets: 9 errors, 0 warnings, 1 in the baseline"
    )
    more = [secret("x\nbetterleaks: nothing\n/a.env", "x"), secret("", "m"), secret("key", "k", "private-key", "low")]
    assert summary(evaluate([*few, *more], Secrets())).splitlines() == [
        "13 secrets: 12 errors, 1 warning, 0 in the baseline",
        "  12 github-pat: 10 in docs, 1 in x betterleaks: nothing, 1 in commit message",
        "  1 private-key: 1 in key",
    ]

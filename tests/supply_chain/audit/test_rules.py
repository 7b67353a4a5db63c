"""Rows, the policy about them, and what is wrong with the policy."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError
from evenfall.findings import Severity
from evenfall.project.settings import AuditPolicy, read_settings
from evenfall.supply_chain.audit.advisories import Advisory, read_record
from evenfall.supply_chain.audit.packages import audited_packages
from evenfall.supply_chain.audit.rules import Audited, Question, audit
from evenfall.supply_chain.audit.scanner_result import SAFETY, UV, Heard, Missing, Opinion
from evenfall.supply_chain.audit.scanners import Said, claim
from tests.made_project import on_one_python
from tests.supply_chain.locks import package, read, root
from tests.supply_chain.osv import record

TODAY = datetime.date(2026, 11, 25)
HIGH: dict[str, Any] = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]}
FIXED = [{"introduced": "0"}, {"fixed": "2"}]


def asked(
    folder: Path,
    *records: dict[str, Any],
    packages: tuple[str, ...] = (root(["oil"], ["wick"]), package("oil"), package("wick")),
    opinions: tuple[Opinion, ...] = (),
    partly: bool = False,
    **policy: Any,
) -> Audited:
    """The audit of a lock against records, under a policy as `pyproject.toml` has it."""
    advisories: dict[str, list[Advisory]] = {}
    for each in records:
        for advisory in read_record(json.dumps(each).encode()):
            advisories.setdefault(advisory.package, []).append(advisory)
    found, left = audited_packages(read(folder, *packages))
    return audit(
        Question(
            audited_packages=found,
            left=left,
            advisories=advisories,
            opinions=opinions,
            policy=read_settings({"audit": policy}, path="pyproject.toml").audit,
            today=TODAY,
            partly=partly,
        )
    )


def judged(audited: Audited) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in audited.findings]


def test_nothing_known_is_nothing_found(tmp_path: Path) -> None:
    audited = asked(tmp_path, record("A-1", "glass", versions=["1"]), record("A-2", "oil", versions=["2"]))
    assert (audited.rows, dict(audited.findings)) == ((), {})


def test_one_vulnerability_is_one_row_however_many_names_it_has(tmp_path: Path) -> None:
    """PYSEC and GHSA share a CVE; a third shares only GitHub's name, in another spelling."""
    audited = asked(
        tmp_path,
        record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-2026-1"]),
        record("OTHER-7", "oil", versions=["1"], aliases=["ghsa-x"], summary="Fire."),
        record("GHSA-x", "oil", events=FIXED, aliases=["CVE-2026-1"], **HIGH),
        record("PYSEC-2", "oil", versions=["1"]),
    )
    first, second = audited.rows
    assert set(first.names) == {"CVE-2026-1", "GHSA-x", "PYSEC-1", "OTHER-7"}
    assert (first.name, first.rated, first.fixed, first.by) == ("CVE-2026-1", "high 7.5", ("2",), ("osv",))
    assert (second.name, second.rated, second.fixed) == ("PYSEC-2", "unknown", ())


def test_a_row_says_why_it_matters_and_what_to_do(tmp_path: Path) -> None:
    audited = asked(tmp_path, record("CVE-1", "oil", events=FIXED, **HIGH), record("CVE-2", "wick", versions=["1"]))
    oil, wick = audited.findings
    assert str(oil) == (
        "uv.lock:18: oil: error [CVE-1] oil 1 (runtime, required by lantern > oil) has CVE-1, high 7.5: "
        "oil can be made to do harm. Fixed in 2.\n  next: uv lock --upgrade-package oil"
    )
    assert "wick 1 (dev, required by lantern (group dev) > wick) has CVE-2, unknown" in wick.reason
    assert wick.fix == "no version is fixed: replace wick, or answer for it in [tool.evenfall.audit] ignore"


def test_what_nothing_needs_is_audited_too(tmp_path: Path) -> None:
    audited = asked(tmp_path, record("CVE-1", "oil", versions=["1"], details=""), packages=(package("oil"),))
    assert [finding.reason for finding in audited.findings] == ["oil 1 (dev) has CVE-1, unknown"]


def test_a_version_is_no_fix_while_another_record_of_the_same_vulnerability_affects_it(tmp_path: Path) -> None:
    older = [{"introduced": "0"}, {"fixed": "0.5"}, {"introduced": "0.7"}, {"fixed": "2"}]
    audited = asked(
        tmp_path,
        record("A-1", "oil", events=[*older, {"introduced": "2"}, {"fixed": "2.5"}], aliases=["CVE-1"]),
        record("A-2", "oil", events=[{"introduced": "0"}, {"fixed": "3"}], aliases=["CVE-1"]),
    )
    assert audited.rows[0].fixed == ("3",)


def test_every_version_of_a_package_in_the_lock_has_its_own_rows(tmp_path: Path) -> None:
    audited = asked(
        tmp_path,
        record("A-1", "oil", versions=["1", "2"]),
        packages=(package("oil", "1"), package("oil", "2"), package("oil", "3")),
    )
    assert [(str(row.subject.version), row.subject.reached.package.line) for row in audited.rows] == [
        ("1", 5),
        ("2", 10),
    ]


LEVELS = [
    record("LOW", "oil", versions=["1"], database_specific={"severity": "LOW"}),
    record("MODERATE", "oil", versions=["1"], database_specific={"severity": "MODERATE"}),
    record("HIGH", "oil", versions=["1"], database_specific={"severity": "HIGH"}),
    record("CRITICAL", "oil", versions=["1"], database_specific={"severity": "CRITICAL"}),
    record("UNKNOWN", "oil", versions=["1"]),
]


@pytest.mark.parametrize(
    ("policy", "errors"),
    [
        ({}, {"LOW", "MODERATE", "HIGH", "CRITICAL", "UNKNOWN"}),
        ({"unknown": "warn"}, {"LOW", "MODERATE", "HIGH", "CRITICAL"}),
        ({"fail-on": "moderate"}, {"MODERATE", "HIGH", "CRITICAL", "UNKNOWN"}),
        ({"fail-on": "critical", "unknown": "warn"}, {"CRITICAL"}),
    ],
)
def test_the_policy_says_what_fails_and_the_rest_is_a_warning(
    tmp_path: Path, policy: dict[str, Any], errors: set[str]
) -> None:
    audited = asked(tmp_path, *LEVELS, **policy)
    assert {code for code, severity in judged(audited) if severity is Severity.ERROR} == errors
    assert {severity for code, severity in judged(audited) if code not in errors} <= {Severity.WARNING}
    assert [row.name for row in audited.rows] == ["CRITICAL", "HIGH", "MODERATE", "LOW", "UNKNOWN"]


ANSWER = {"id": "cve-1", "reason": "never lit", "owner": "ann", "expires": "2026-11-25"}
VULNERABLE = record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-1"])


def test_somebody_can_answer_for_a_vulnerability_until_a_day_by_any_of_its_names(tmp_path: Path) -> None:
    audited = asked(tmp_path, VULNERABLE, ignore=[ANSWER])
    assert judged(audited) == [("CVE-1", Severity.NOTE)]
    (finding,) = audited.findings
    assert finding.reason.endswith("Ignored until 2026-11-25; ann answers for it: never lit")
    assert audited.open == ()


def test_an_answer_may_be_for_one_package_alone(tmp_path: Path) -> None:
    both = [VULNERABLE, record("PYSEC-2", "wick", versions=["1"], aliases=["CVE-1"])]
    audited = asked(tmp_path, *both, ignore=[{**ANSWER, "package": "Oil"}])
    assert judged(audited) == [("CVE-1", Severity.NOTE), ("CVE-1", Severity.ERROR)]
    assert judged(asked(tmp_path, *both, ignore=[ANSWER])) == [("CVE-1", Severity.NOTE)] * 2


def test_an_answer_that_has_expired_is_a_finding_and_the_vulnerability_is_back(tmp_path: Path) -> None:
    audited = asked(tmp_path, VULNERABLE, ignore=[{**ANSWER, "expires": "2026-11-24"}])
    assert judged(audited) == [("CVE-1", Severity.ERROR), ("ignore-expired", Severity.ERROR)]
    finding = list(audited.findings)[1]
    assert str(finding).startswith(
        "pyproject.toml: tool.evenfall.audit.ignore[0]: error [ignore-expired] cve-1: expired"
    )


def test_an_answer_for_nothing_is_a_finding(tmp_path: Path) -> None:
    elsewhere = [{**ANSWER, "package": "wick"}, {**ANSWER, "id": "CVE-9"}]
    audited = asked(tmp_path, VULNERABLE, ignore=elsewhere)
    assert judged(audited)[1:] == [("ignore-unused", Severity.ERROR)] * 2
    assert [finding.reason for finding in audited.findings][1:] == [
        "nothing that is locked has cve-1 of wick: nobody needs to answer for it",
        "nothing that is locked has CVE-9: nobody needs to answer for it",
    ]


def test_where_only_a_part_is_audited_nobody_can_say_what_is_unused(tmp_path: Path) -> None:
    assert judged(asked(tmp_path, ignore=[ANSWER], partly=True)) == []
    late = {**ANSWER, "expires": "2020-01-01"}
    assert ("ignore-expired", Severity.ERROR) in judged(asked(tmp_path, VULNERABLE, ignore=[late], partly=True))


def test_a_name_that_only_safety_gives_is_judged_where_safety_was_heard(tmp_path: Path) -> None:
    answers = [{**ANSWER, "id": name} for name in ("12345", "SFTY-2026-1", "PVE-2026-1")]
    absent = Missing(tool=SAFETY, why="it is not here")
    assert judged(asked(tmp_path, ignore=answers, opinions=(absent,))) == []
    assert len(judged(asked(tmp_path, ignore=answers, opinions=(Heard(tool=SAFETY, claims=()),)))) == 3


def test_second_opinions_join_the_rows_and_add_what_only_they_know(tmp_path: Path) -> None:
    heard = Heard(
        tool=UV,
        claims=(
            claim(UV, Said(package="Oil", version="1.0.0", names=("GHSA-x", "CVE-1"), summary="Fire.", fixed=("2",))),
            claim(
                UV,
                Said(
                    package="wick",
                    version="1",
                    names=("CVE-7",),
                    summary="Smoke.",
                    fixed=(
                        "odd",
                        "0.5",
                        "3",
                    ),
                ),
            ),
            claim(UV, Said(package="glass", version="1", names=("CVE-8",), summary="")),
            claim(UV, Said(package="oil", version="9", names=("CVE-9",), summary="")),
        ),
    )
    audited = asked(tmp_path, record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-1"]), opinions=(heard,))
    assert [(row.names, row.by, row.fixed) for row in audited.rows] == [
        (("CVE-1", "GHSA-x", "PYSEC-1"), ("osv", UV), ("2",)),
        (("CVE-7",), (UV,), ("3",)),
    ]


@pytest.mark.parametrize("key", ["reason", "owner", "expires", "id"])
def test_an_answer_without_its_reason_owner_or_day_is_wrong_configuration(key: str) -> None:
    answer = {name: value for name, value in ANSWER.items() if name != key}
    with pytest.raises(EvenfallError) as caught:
        read_settings({"audit": {"ignore": [ANSWER, answer]}}, path="pyproject.toml")
    assert caught.value.message == (
        f"pyproject.toml: tool.evenfall.audit.ignore[1]: Object missing required field `{key}`"
    )


def test_the_policy_has_defaults() -> None:
    policy = AuditPolicy()
    assert (policy.fail_on, policy.unknown, policy.max_age_days) == ("low", "fail", 7)


@on_one_python
def test_a_hundred_thousand_packages_are_audited(tmp_path: Path) -> None:
    packages = [package(f"oil-{number}") for number in range(100_000)]
    audited = asked(tmp_path, record("CVE-1", "oil-99999", versions=["1"]), packages=(*packages,))
    assert [row.subject.name for row in audited.rows] == ["oil-99999"]


def test_where_only_the_last_affected_version_is_known_a_newer_one_mends_it(tmp_path: Path) -> None:
    last = record("PYSEC-1", "oil", events=[{"introduced": "0"}, {"last_affected": "1.5"}])
    (row,) = asked(tmp_path, last).rows
    assert (row.fixed, row.fix) == ((">1.5",), "uv lock --upgrade-package oil")
    other = record("GHSA-1", "oil", events=[{"introduced": "0"}], aliases=["PYSEC-1"])
    (row,) = asked(tmp_path, last, other).rows
    assert row.fixed == ()

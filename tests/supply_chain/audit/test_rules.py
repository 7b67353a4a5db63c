"""The vulnerabilities of a lock, the policy that decides which of them fail, and findings about the policy's ignores."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Severity
from evenfall.project.settings import AuditPolicy, read_settings
from evenfall.supply_chain.audit.advisories import Advisory, read_record
from evenfall.supply_chain.audit.freshness import IndexOrigin
from evenfall.supply_chain.audit.packages import audited_packages, unaudited_packages
from evenfall.supply_chain.audit.rules import AuditInputs, AuditReport, evaluate
from evenfall.supply_chain.audit.scanner_result import (
    SAFETY_CHECK,
    SAFETY_SCAN,
    UV_AUDIT,
    ScannerReport,
    ScannerResult,
    ScannerUnavailable,
    reported_vulnerability,
)
from tests.supply_chain.locks import package, read, root
from tests.supply_chain.osv import record

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
HIGH: dict[str, Any] = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]}
FIXED = [{"introduced": "0"}, {"fixed": "2"}]
DEFAULT = (root(["oil"], ["wick"]), package("oil"), package("wick"))


def audit(
    folder: Path,
    *records: dict[str, Any],
    packages: tuple[str, ...] = DEFAULT,
    scanners: tuple[ScannerResult, ...] = (),
    is_partial: bool = False,
    age: int = 1,
    **policy: Any,
) -> AuditReport:
    """Return the audit of a lock with these records, downloaded `age` days ago, under a policy as in `pyproject.toml`."""
    advisories: dict[str, list[Advisory]] = {}
    for each in records:
        for advisory in read_record(json.dumps(each).encode()):
            advisories.setdefault(advisory.package, []).append(advisory)
    lock = read(folder, *packages)
    fetched = NOW - datetime.timedelta(days=age)
    return evaluate(
        AuditInputs(
            packages=audited_packages(lock),
            unaudited=unaudited_packages(lock),
            advisories=advisories,
            origin=IndexOrigin(source="all.zip", sha256="", fetched=fetched, newest=NOW, records=1, packages=1),
            scanners=scanners,
            policy=read_settings({"audit": policy}, path="pyproject.toml").audit,
            now=NOW,
            is_partial=is_partial,
        )
    )


def severities(report: AuditReport) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in report.findings]


def test_a_lock_without_affected_versions_has_no_finding(tmp_path: Path) -> None:
    report = audit(tmp_path, record("A-1", "glass", versions=["1"]), record("A-2", "oil", versions=["2"]))
    assert (report.vulnerabilities, dict(report.findings), report.exit_code) == ((), {}, Exit.FINE)


def test_records_that_share_an_id_are_one_vulnerability(tmp_path: Path) -> None:
    """The PYSEC and GHSA records share a CVE, and a third record only GitHub's id, in another spelling."""
    report = audit(
        tmp_path,
        record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-2026-1"]),
        record("OTHER-7", "oil", versions=["1"], aliases=["ghsa-x"], summary="Fire."),
        record("GHSA-x", "oil", events=FIXED, aliases=["CVE-2026-1"], **HIGH),
        record("PYSEC-2", "oil", versions=["1"]),
    )
    first, second = report.vulnerabilities
    assert set(first.ids) == {"CVE-2026-1", "GHSA-x", "PYSEC-1", "OTHER-7"}
    assert (first.id, first.rating, first.fixed, first.reported_by) == ("CVE-2026-1", "high 7.5", ("2",), ("osv",))
    assert (second.id, second.rating, second.fixed) == ("PYSEC-2", "unknown", ())


def test_a_finding_names_package_path_vulnerability_and_fix(tmp_path: Path) -> None:
    report = audit(tmp_path, record("CVE-1", "oil", events=FIXED, **HIGH), record("CVE-2", "wick", versions=["1"]))
    oil, wick = report.findings
    assert str(oil) == (
        "uv.lock:18: oil: error [CVE-1] oil 1 (runtime, required by lantern > oil) has CVE-1, high 7.5: "
        "oil can be made to do harm. Fixed in 2.\n  next: uv lock --upgrade-package oil"
    )
    assert "wick 1 (dev, required by lantern (group dev) > wick) has CVE-2, unknown" in wick.reason
    assert wick.fix.startswith("no fixed version is known: replace wick")


def test_a_package_that_nothing_requires_is_audited(tmp_path: Path) -> None:
    report = audit(tmp_path, record("CVE-1", "oil", versions=["1"], details=""), packages=(package("oil"),))
    assert [finding.reason for finding in report.findings] == ["oil 1 (dev) has CVE-1, unknown"]


def test_a_version_that_another_record_of_the_vulnerability_affects_is_not_a_fix(tmp_path: Path) -> None:
    older = [{"introduced": "0"}, {"fixed": "0.5"}, {"introduced": "0.7"}, {"fixed": "2"}]
    report = audit(
        tmp_path,
        record("A-1", "oil", events=[*older, {"introduced": "2"}, {"fixed": "2.5"}], aliases=["CVE-1"]),
        record("A-2", "oil", events=[{"introduced": "0"}, {"fixed": "3"}], aliases=["CVE-1"]),
    )
    assert report.vulnerabilities[0].fixed == ("3",)


def test_a_version_after_the_last_affected_one_is_a_fix_if_every_record_names_one(tmp_path: Path) -> None:
    last = record("PYSEC-1", "oil", events=[{"introduced": "0"}, {"last_affected": "1.5"}])
    (vulnerability,) = audit(tmp_path, last).vulnerabilities
    assert (vulnerability.fixed, vulnerability.fix) == ((">1.5",), "uv lock --upgrade-package oil")
    other = record("GHSA-1", "oil", events=[{"introduced": "0"}], aliases=["PYSEC-1"])
    (vulnerability,) = audit(tmp_path, last, other).vulnerabilities
    assert vulnerability.fixed == ()


def test_each_locked_version_of_a_package_has_its_own_vulnerabilities(tmp_path: Path) -> None:
    report = audit(
        tmp_path,
        record("A-1", "oil", versions=["1", "2"]),
        packages=(package("oil", "1"), package("oil", "2"), package("oil", "3")),
    )
    assert [(str(each.package.version), each.package.required.package.line) for each in report.vulnerabilities] == [
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
def test_the_policy_decides_what_is_an_error_and_the_rest_are_warnings(
    tmp_path: Path, policy: dict[str, Any], errors: set[str]
) -> None:
    report = audit(tmp_path, *LEVELS, **policy)
    assert {code for code, severity in severities(report) if severity is Severity.ERROR} == errors
    assert {severity for code, severity in severities(report) if code not in errors} <= {Severity.WARNING}
    assert [each.id for each in report.vulnerabilities] == ["CRITICAL", "HIGH", "MODERATE", "LOW", "UNKNOWN"]


def test_warnings_alone_pass_and_stale_advisories_are_inconclusive(tmp_path: Path) -> None:
    policy: dict[str, Any] = {"fail-on": "critical", "unknown": "warn"}
    assert audit(tmp_path, *LEVELS[:1], **policy).exit_code == Exit.FINE
    assert audit(tmp_path, *LEVELS[:1]).exit_code == Exit.FINDINGS
    stale = audit(tmp_path, *LEVELS[:1], age=8)
    assert (stale.exit_code, stale.inconclusive[:20]) == (Exit.UNKNOWN, "advisories: all.zip:")


IGNORE = {"id": "cve-1", "reason": "never lit", "owner": "ann", "expires": "2026-11-25"}
VULNERABLE = record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-1"])


def test_an_ignore_by_any_id_makes_a_vulnerability_a_note_through_the_day_on_which_it_expires(tmp_path: Path) -> None:
    report = audit(tmp_path, VULNERABLE, ignore=[IGNORE])
    assert severities(report) == [("CVE-1", Severity.NOTE)]
    (finding,) = report.findings
    assert finding.reason.endswith("Ignored until 2026-11-25 by ann: never lit")
    assert report.open == ()


def test_an_ignore_may_be_limited_to_one_package(tmp_path: Path) -> None:
    both = [VULNERABLE, record("PYSEC-2", "wick", versions=["1"], aliases=["CVE-1"])]
    report = audit(tmp_path, *both, ignore=[{**IGNORE, "package": "Oil"}])
    assert severities(report) == [("CVE-1", Severity.NOTE), ("CVE-1", Severity.ERROR)]
    assert severities(audit(tmp_path, *both, ignore=[IGNORE])) == [("CVE-1", Severity.NOTE)] * 2


def test_an_expired_ignore_is_a_finding_and_ignores_nothing(tmp_path: Path) -> None:
    report = audit(tmp_path, VULNERABLE, ignore=[{**IGNORE, "expires": "2026-11-24"}])
    assert severities(report) == [("CVE-1", Severity.ERROR), ("ignore-expired", Severity.ERROR)]
    (finding,) = report.ignore_findings
    assert str(finding.location) == "pyproject.toml: tool.evenfall.audit.ignore[0]"


def test_an_unused_ignore_is_a_finding(tmp_path: Path) -> None:
    report = audit(tmp_path, VULNERABLE, ignore=[{**IGNORE, "package": "wick"}, {**IGNORE, "id": "CVE-9"}])
    assert severities(report)[1:] == [("ignore-unused", Severity.ERROR)] * 2
    assert [finding.reason for finding in report.ignore_findings] == [
        "unused ignore: no locked package matches cve-1 of wick",
        "unused ignore: no locked package matches CVE-9",
    ]


def test_an_audit_of_one_scope_reports_no_unused_ignores(tmp_path: Path) -> None:
    assert severities(audit(tmp_path, ignore=[IGNORE], is_partial=True)) == []
    expired = {**IGNORE, "expires": "2020-01-01"}
    report = audit(tmp_path, VULNERABLE, ignore=[expired], is_partial=True)
    assert ("ignore-expired", Severity.ERROR) in severities(report)


def test_an_ignore_of_safetys_own_id_is_unused_only_after_a_safety_scan(tmp_path: Path) -> None:
    """The public database of `safety check` lacks many vulnerabilities of the complete one."""
    ignores = [{**IGNORE, "id": name} for name in ("12345", "SFTY-2026-1", "PVE-2026-1")]
    for answer in (
        ScannerUnavailable(tool=SAFETY_SCAN, reason="no network"),
        ScannerReport(tool=SAFETY_CHECK, vulnerabilities=()),
    ):
        assert severities(audit(tmp_path, ignore=ignores, scanners=(answer,))) == []
    scan = ScannerReport(tool=SAFETY_SCAN, vulnerabilities=())
    assert len(audit(tmp_path, ignore=ignores, scanners=(scan,)).findings) == 3


def test_reports_of_other_scanners_join_a_vulnerability_or_add_one(tmp_path: Path) -> None:
    scanner = ScannerReport(
        tool=UV_AUDIT,
        vulnerabilities=(
            reported_vulnerability(UV_AUDIT, "Oil", "1.0.0", ids=("GHSA-x", "CVE-1"), summary="Fire.", fixed=("2",)),
            reported_vulnerability(UV_AUDIT, "wick", "1", ids=("CVE-7",), summary="Smoke.", fixed=("odd", "0.5", "3")),
            reported_vulnerability(UV_AUDIT, "glass", "1", ids=("CVE-8",), summary=""),
            reported_vulnerability(UV_AUDIT, "oil", "9", ids=("CVE-9",), summary=""),
        ),
    )
    report = audit(tmp_path, record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-1"]), scanners=(scanner,))
    assert [(each.ids, each.reported_by, each.fixed) for each in report.vulnerabilities] == [
        (("CVE-1", "GHSA-x", "PYSEC-1"), ("osv", UV_AUDIT), ("2",)),
        (("CVE-7",), (UV_AUDIT,), ("3",)),
    ]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        *(
            (
                {"ignore": [IGNORE, {name: value for name, value in IGNORE.items() if name != key}]},
                f".ignore[1]: Object missing required field `{key}`",
            )
            for key in IGNORE
        ),
        ({"ignore": [{**IGNORE, "till": 1}]}, ".ignore[0]: unknown key 'till'"),
        ({"fail-on": "medium"}, ".fail-on: Invalid enum value 'medium'"),
        ({"fail_on": "low"}, ": unknown key 'fail_on'; did you mean 'fail-on'?"),
        ({"max-age-days": 0}, ".max-age-days: "),
    ],
)
def test_an_invalid_policy_is_an_error_that_names_the_key(policy: dict[str, Any], message: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        read_settings({"audit": policy}, path="pyproject.toml")
    assert caught.value.message.startswith(f"pyproject.toml: tool.evenfall.audit{message}")


def test_the_policy_has_defaults() -> None:
    policy = AuditPolicy()
    assert (policy.fail_on, policy.unknown, policy.max_age_days) == ("low", "fail", 7)
    assert policy.database == "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"


def test_many_packages_are_audited(tmp_path: Path) -> None:
    packages = tuple(package(f"oil-{number}") for number in range(20_000))
    report = audit(tmp_path, record("CVE-1", "oil-19999", versions=["1"]), packages=packages)
    assert [each.package.name for each in report.vulnerabilities] == ["oil-19999"]


def test_a_requirement_that_excludes_the_fixed_version_is_changed_first(tmp_path: Path) -> None:
    metadata = '\n[package.metadata]\nrequires-dist = [{ name = "oil", specifier = "==1" }]\n'
    packages = (root(["oil"]) + metadata, package("oil"))
    (vulnerability,) = audit(tmp_path, record("A-1", "oil", events=FIXED), packages=packages).vulnerabilities
    assert vulnerability.fix == 'allow 2 in "oil==1" of pyproject.toml, then uv lock'
    packages = (root(["oil"]) + metadata.replace("==1", "<3"), package("oil"))
    (vulnerability,) = audit(tmp_path, record("A-1", "oil", events=FIXED), packages=packages).vulnerabilities
    assert vulnerability.fix == "uv lock --upgrade-package oil"


def test_the_package_with_the_most_severe_vulnerability_comes_first(tmp_path: Path) -> None:
    report = audit(tmp_path, record("A-1", "oil", versions=["1"]), record("A-2", "wick", versions=["1"], **HIGH))
    assert [vulnerability.package.name for vulnerability in report.vulnerabilities] == ["wick", "oil"]

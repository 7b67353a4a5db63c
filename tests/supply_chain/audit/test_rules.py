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
from evenfall.supply_chain.audit.project_status import index_statuses
from evenfall.supply_chain.audit.rules import AuditInputs, AuditReport, evaluate
from evenfall.supply_chain.audit.scanner_result import (
    SAFETY_CHECK,
    SAFETY_SCAN,
    UV_AUDIT,
    ReportedStatus,
    ReportedVulnerability,
    ScannerReport,
    ScannerResult,
    ScannerUnavailable,
    reported_vulnerability,
)
from evenfall.supply_chain.metadata.release_status import ReleaseStatus, UnknownStatus
from tests.supply_chain.locks import package, read, root
from tests.supply_chain.osv import record

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
HIGH: dict[str, Any] = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]}
FIXED = [{"introduced": "0"}, {"fixed": "2"}]
METADATA = '\n[package.metadata]\nrequires-dist = [{ name = "oil", specifier = "==1" }]\n'
DEFAULT = (root(["oil"], ["wick"]), package("oil"), package("wick"))


def audit(
    folder: Path,
    *records: dict[str, Any],
    packages: tuple[str, ...] = DEFAULT,
    scanners: tuple[ScannerResult, ...] = (),
    statuses: tuple[ReportedStatus, ...] = (),
    unknown_statuses: str = "",
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
            every_package=audited_packages(lock),
            unaudited=unaudited_packages(lock),
            advisories=advisories,
            origin=IndexOrigin(source="all.zip", sha256="", fetched=fetched, newest=NOW, records=1, packages=1),
            scanners=scanners,
            statuses=statuses,
            unknown_statuses=unknown_statuses,
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
        'oil can be made to do harm. Fixed in 2.\n  next: uv lock --upgrade-package "oil>=2"'
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


def test_the_last_affected_version_is_not_a_fix_and_no_command_is_shown(tmp_path: Path) -> None:
    last = record("PYSEC-1", "oil", events=[{"introduced": "0"}, {"last_affected": "1.5"}])
    (vulnerability,) = audit(tmp_path, last).vulnerabilities
    assert vulnerability.fixed == ()
    assert vulnerability.fix.startswith(
        "no fixed version is known, only the last affected one, 1.5: lock a newer version"
    )
    other = record("GHSA-1", "oil", events=[{"introduced": "0"}], aliases=["PYSEC-1"])
    (vulnerability,) = audit(tmp_path, last, other).vulnerabilities
    assert vulnerability.last_affected is None
    listed = record("PYSEC-1", "oil", versions=["1"], events=[{"introduced": "0"}, {"last_affected": "0.5"}])
    (vulnerability,) = audit(tmp_path, listed).vulnerabilities
    assert vulnerability.fix.startswith("no fixed version is known: replace oil")


@pytest.mark.parametrize("versions", [[], ["1"]])
def test_a_fix_that_only_a_commit_has_is_named(tmp_path: Path, versions: list[str]) -> None:
    commits = {"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "0"}, {"fixed": "0a" * 20}]}
    affected = {"package": {"ecosystem": "PyPI", "name": "oil"}, "versions": versions, "ranges": [commits]}
    (vulnerability,) = audit(tmp_path, {**record("A-1", "oil"), "affected": [affected]}).vulnerabilities
    assert vulnerability.fix.startswith(f"a commit fixes it ({'0a' * 20}), but the versions that contain")


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


def test_the_command_for_a_forked_lock_requires_no_version_in_the_other_forks(tmp_path: Path) -> None:
    """An older fork may be for a Python that the fixed version does not support."""
    oil = record("A-1", "oil", events=[{"introduced": "2"}, {"fixed": "3"}])
    (finding,) = audit(tmp_path, oil, packages=(package("oil", "1"), package("oil", "2"))).findings
    assert finding.fix == "uv lock --upgrade-package oil"


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
    stale = audit(tmp_path, *LEVELS[:1], age=8, **policy)
    assert (stale.exit_code, stale.inconclusive[:20]) == (Exit.UNKNOWN, "advisories: all.zip:")


IGNORE = {"id": "cve-1", "reason": "never lit", "owner": "ann", "expires": "2026-11-25"}
VULNERABLE = record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-1"])


def test_an_ignore_by_any_id_makes_a_vulnerability_a_note_through_the_day_on_which_it_expires(tmp_path: Path) -> None:
    report = audit(tmp_path, VULNERABLE, ignore=[IGNORE])
    assert severities(report) == [("CVE-1", Severity.NOTE)]
    (finding,) = report.findings
    assert finding.reason.endswith("cve-1 is ignored until 2026-11-25 by ann: never lit")
    assert report.open == ()


def test_an_ignore_may_be_limited_to_one_package(tmp_path: Path) -> None:
    both = [VULNERABLE, record("PYSEC-2", "wick", versions=["1"], aliases=["CVE-1"])]
    report = audit(tmp_path, *both, ignore=[{**IGNORE, "package": "Oil"}])
    assert severities(report) == [("CVE-1", Severity.NOTE), ("CVE-1", Severity.ERROR)]
    assert severities(audit(tmp_path, *both, ignore=[IGNORE])) == [("CVE-1", Severity.NOTE)] * 2


def test_an_expired_ignore_is_a_finding_and_ignores_nothing(tmp_path: Path) -> None:
    report = audit(tmp_path, VULNERABLE, ignore=[{**IGNORE, "expires": "2026-11-24"}])
    assert severities(report) == [("CVE-1", Severity.ERROR), ("ignore-expired", Severity.ERROR)]
    (finding,) = report.other_findings
    assert str(finding.location) == "pyproject.toml: tool.evenfall.audit.ignore[0]"


def test_an_unused_ignore_is_a_finding(tmp_path: Path) -> None:
    report = audit(tmp_path, VULNERABLE, ignore=[{**IGNORE, "package": "wick"}, {**IGNORE, "id": "CVE-9"}])
    assert severities(report)[1:] == [("ignore-unused", Severity.ERROR)] * 2
    assert [finding.reason for finding in report.other_findings] == [
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


def test_two_vulnerabilities_that_a_third_record_names_stay_two_decisions(tmp_path: Path) -> None:
    records = [
        record("GHSA-a", "oil", versions=["1"], aliases=["CVE-1"]),
        record("GHSA-b", "oil", versions=["1"], aliases=["CVE-2"]),
        record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-1", "CVE-2", "GHSA-a", "GHSA-b"]),
    ]
    report = audit(tmp_path, *records, ignore=[IGNORE])
    assert [(each.ids, each in report.ignored) for each in report.vulnerabilities] == [
        (("CVE-1", "GHSA-a", "PYSEC-1"), True),
        (("CVE-2", "GHSA-b", "PYSEC-1"), False),
    ]
    without_cve = [{**each, "aliases": []} for each in records[:2]]
    report = audit(tmp_path, *without_cve, {**records[2], "aliases": ["GHSA-a", "GHSA-b"]})
    assert [each.ids for each in report.vulnerabilities] == [("GHSA-a", "PYSEC-1"), ("GHSA-b", "PYSEC-1")]


def test_two_ids_of_github_for_one_cve_are_one_vulnerability(tmp_path: Path) -> None:
    report = audit(tmp_path, record("PYSEC-1", "oil", versions=["1"], aliases=["CVE-1", "GHSA-a", "GHSA-b"]))
    assert [each.ids for each in report.vulnerabilities] == [("CVE-1", "GHSA-a", "GHSA-b", "PYSEC-1")]


def status(name: str, package: str = "oil", reason: str = "", version: str = "") -> ReportedStatus:
    return ReportedStatus(package=package, status=name, reason=reason, version=version)


def test_the_status_of_a_project_is_a_finding_of_each_of_its_packages(tmp_path: Path) -> None:
    scanner = ScannerReport(tool=UV_AUDIT, statuses=(status("quarantined", reason="bad"), status("archived", "wick")))
    report = audit(tmp_path, scanners=(scanner, scanner))
    assert severities(report) == [("quarantined", Severity.ERROR), ("archived", Severity.WARNING)]
    first, _ = report.findings
    assert str(first) == (
        "uv.lock:18: oil: error [quarantined] oil 1 (runtime, required by lantern > oil) is quarantined on its index: "
        "bad\n  next: replace oil, or add an ignore of quarantined to [tool.evenfall.audit]"
    )
    assert report.exit_code == Exit.FINDINGS


def test_an_unknown_status_is_an_error_and_a_version_limits_a_status(tmp_path: Path) -> None:
    statuses = (status("Half\nopen"), status("yanked", version="2"), status("yanked", "wick", "broken", "1"))
    report = audit(tmp_path, scanners=(ScannerReport(tool=UV_AUDIT, statuses=statuses),))
    assert severities(report) == [("project-status", Severity.ERROR), ("yanked", Severity.WARNING)]
    assert "is Half open on its index" in next(iter(report.findings)).reason


def test_the_index_says_whether_a_version_is_yanked_or_incomplete(tmp_path: Path) -> None:
    packages = audited_packages(read(tmp_path, *DEFAULT))
    known = (
        ReleaseStatus(project="archived", is_yanked=True, yank_reason="broken"),
        ReleaseStatus(is_listed=False),
    )
    reported = tuple(index_statuses(packages, known))
    assert [(each.status, each.version, each.reason) for each in reported[:2]] == [
        ("archived", "", ""),
        ("yanked", "1", "broken"),
    ]
    report = audit(tmp_path, statuses=reported)
    assert severities(report) == [(code, Severity.WARNING) for code in ("archived", "yanked", "incomplete")]
    assert [finding.fix for finding in report.findings][1:] == [
        f"uv lock --upgrade-package {x}" for x in ("oil", "wick")
    ]
    for specifier, fix in (("==1.*", ""), ("==1", 'allow another version in "oil==1" of pyproject.toml, then ')):
        report = audit(tmp_path, statuses=reported[1:2], packages=requiring(specifier))
        assert [finding.fix for finding in report.findings] == [f"{fix}uv lock --upgrade-package oil"]
    assert not [*index_statuses(packages, (ReleaseStatus(), UnknownStatus("offline")))]


def test_a_status_concerns_only_packages_from_an_index_and_can_be_ignored(tmp_path: Path) -> None:
    scanner = ScannerReport(tool=UV_AUDIT, statuses=(status("quarantined"),))
    packages = (root(["oil"]), package("oil", source='source = { git = "https://example.org/oil#0a" }'))
    assert severities(audit(tmp_path, packages=packages, scanners=(scanner,))) == []
    ignore = {**IGNORE, "id": "quarantined", "package": "oil"}
    report = audit(tmp_path, scanners=(scanner,), ignore=[ignore])
    (finding,) = report.findings
    assert (finding.code, finding.severity, finding.fix) == ("quarantined", Severity.NOTE, "")
    assert "is quarantined on its index; quarantined is ignored until 2026" in finding.reason


def test_an_ignore_of_a_status_is_unused_only_if_every_index_has_answered(tmp_path: Path) -> None:
    ignores = [{**IGNORE, "id": "archived"}, {**IGNORE, "id": "project-status"}]
    assert severities(audit(tmp_path, ignore=ignores)) == [("ignore-unused", Severity.ERROR)] * 2
    assert severities(audit(tmp_path, ignore=ignores, unknown_statuses="the index is not used offline")) == []


def test_what_is_not_understood_in_the_answer_of_a_scanner_is_inconclusive(tmp_path: Path) -> None:
    foreign = reported_vulnerability(UV_AUDIT, "glass", "1", ids=("CVE-8",), summary="")
    newer = reported_vulnerability(UV_AUDIT, "oil", "9", ids=("CVE-9",), summary="")
    scanner = ScannerReport(
        tool=UV_AUDIT,
        vulnerabilities=(foreign, newer),
        statuses=(status("archived", "glass"),),
        not_understood=("unknown field 'x'",),
    )
    report = audit(tmp_path, scanners=(scanner,))
    assert report.exit_code == Exit.UNKNOWN
    assert report.inconclusive == (
        "not understood: uv audit: unknown field 'x'; uv audit: CVE-8 of glass 1, which is not audited; "
        "uv audit: CVE-9 of oil 9, which is not audited; uv audit: glass is archived, but it is not audited"
    )


def test_reports_of_other_scanners_join_a_vulnerability_or_add_one(tmp_path: Path) -> None:
    scanner = ScannerReport(
        tool=UV_AUDIT,
        vulnerabilities=(
            reported_vulnerability(UV_AUDIT, "Oil", "1.0.0", ids=("GHSA-x", "CVE-1"), summary="Fire.", fixed=("2",)),
            reported_vulnerability(UV_AUDIT, "wick", "1", ids=("CVE-7",), summary="Smoke.", fixed=("odd", "0.5", "3")),
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
    packages = tuple(package(f"oil-{number}") for number in range(5_000))
    report = audit(tmp_path, record("CVE-1", "oil-4999", versions=["1"]), packages=packages)
    assert [each.package.name for each in report.vulnerabilities] == ["oil-4999"]


def requiring(specifier: str, *versions: str) -> tuple[str, ...]:
    """Return a project that requires oil, and the locked versions of it."""
    metadata = f'\n[package.metadata]\nrequires-dist = [{{ name = "oil", specifier = "{specifier}" }}]\n'
    return (root(["oil"]) + metadata, *(package("oil", version) for version in versions or ("1",)))


@pytest.mark.parametrize(
    ("packages", "fix"),
    [
        (requiring("<3"), 'uv lock --upgrade-package "oil>=2"'),
        (requiring("==1"), 'allow 2 in "oil==1" of pyproject.toml, then uv lock --upgrade-package "oil>=2"'),
        (
            (*requiring("<2"), package("lamp", source='source = { directory = "lamp" }') + METADATA),
            'allow 2 in "oil<2" of pyproject.toml and in "oil==1" of lamp/pyproject.toml, '
            'then uv lock --upgrade-package "oil>=2"',
        ),
        (
            ('[options]\nexclude-newer = "2024-01-01T00:00:00Z"\n', *requiring("<3")),
            'uv lock --upgrade-package "oil>=2"; if exclude-newer is in the way, first write '
            "exclude-newer-package = {oil = false} in [tool.uv]",
        ),
        (requiring("==9", "1", "9"), "uv lock --upgrade-package oil"),  # the requirement of another fork
        (
            ('\n[manifest]\noverrides = [{ name = "oil", specifier = "==1" }]\n', *requiring("<2")),
            'allow 2 in "oil==1" of pyproject.toml, then uv lock --upgrade-package "oil>=2"',
        ),
        (
            ('\n[manifest]\nconstraints = [{ name = "oil", specifier = "<=1" }]\n', *requiring(">0")),
            'allow 2 in "oil<=1" of pyproject.toml, then uv lock --upgrade-package "oil>=2"',
        ),
        (
            (
                '\n[manifest]\n[manifest.dependency-groups]\ndev = [{ name = "oil", specifier = "==1" }]\n',
                package("oil"),
            ),
            'allow 2 in "oil==1" of pyproject.toml, then uv lock --upgrade-package "oil>=2"',
        ),
        (
            (root(["oil"]), package("oil", source='source = { git = "https://a:b@example.org/oil?rev=1#0a" }')),
            "change the source of oil (git https://example.org/oil#0a) to 2 or newer, then uv lock",
        ),
    ],
)
def test_the_command_changes_the_lock_or_follows_the_requirement_that_is_in_the_way(
    tmp_path: Path, packages: tuple[str, ...], fix: str
) -> None:
    (vulnerability,) = audit(tmp_path, record("A-1", "oil", events=FIXED), packages=packages).vulnerabilities
    assert vulnerability.fix == fix


def series(*versions: str) -> list[dict[str, str]]:
    """Return the events of one range for each pair of versions."""
    return [{kind: version} for kind, version in zip(["introduced", "fixed"] * 9, versions, strict=False)]


@pytest.mark.parametrize(
    ("ranges", "requirement"),
    [
        ((series("0", "2"), series("0", "3")), '"oil>=3"'),
        ((series("0", "2"), series("0")), '"oil>=2"'),
        ((series("0", "1.5", "2", "2.5"), series("0", "1.4", "2", "2.6")), '"oil==1.5"'),
        ((series("0", "2"), series("2", "2.1")), '"oil>=2.1"'),  # the fixed version has another vulnerability
        ((series("0", "2"), series("2")), '"oil>=2"'),
        ((series("0", "1+sec.2"),), '"oil==1+sec.2"'),
        ((series("0", "2rc1"),), '"oil>=2"; if it is not released yet, 2rc1 has the fix'),
        ((series("0", "2rc1", "3", "4"),), '"oil==2rc1"'),
        ((series("0", "2", "3", "4"), series("0", "1.5", "2", "3")), '"oil>=4"'),
    ],
)
def test_one_version_fixes_all_vulnerabilities_of_a_package(
    tmp_path: Path, ranges: tuple[list[dict[str, str]], ...], requirement: str
) -> None:
    records = [record(f"A-{number}", "oil", events=events) for number, events in enumerate(ranges)]
    fixable = [each for each in audit(tmp_path, *records).vulnerabilities if each.fixed]
    assert {each.fix for each in fixable} == {f"uv lock --upgrade-package {requirement}"}


def test_the_command_does_not_lock_a_later_release_that_is_listed_as_malicious(tmp_path: Path) -> None:
    oil, malware = record("A-1", "oil", events=FIXED), record("MAL-1", "oil", versions=["2.5", "odd"])
    (finding,) = audit(tmp_path, oil, malware).findings
    assert finding.fix == 'uv lock --upgrade-package "oil==2"'


def test_a_fixed_version_that_the_project_allows_is_preferred(tmp_path: Path) -> None:
    fixes = record("A-1", "oil", events=series("0", "1.5", "2", "2.5"))
    (vulnerability,) = audit(tmp_path, fixes, packages=requiring(">=2", "2")).vulnerabilities
    assert vulnerability.fix == 'uv lock --upgrade-package "oil>=2.5"'


def test_a_version_between_the_fixed_versions_of_a_scanner_is_not_known_to_be_fixed(tmp_path: Path) -> None:
    def scanned(*fixes: str, name: str) -> ReportedVulnerability:
        return reported_vulnerability(UV_AUDIT, "oil", "1", ids=(name,), summary="", fixed=fixes)

    def requirements(*found: ReportedVulnerability) -> set[str]:
        report = audit(tmp_path, scanners=(ScannerReport(tool=UV_AUDIT, vulnerabilities=found),))
        return {each.fix.removeprefix("uv lock --upgrade-package ") for each in report.vulnerabilities}

    both = scanned("1.2", "2.4", name="A-1")
    assert requirements(both, scanned("2", name="A-2")) == {'"oil>=2.4"'}
    assert requirements(scanned("1.2", name="A-3"), scanned("1.3", name="A-4")) == {'"oil>=1.3"'}
    assert requirements(both) == {'"oil==1.2"'}


def test_vulnerabilities_without_a_common_fix_have_their_own(tmp_path: Path) -> None:
    first, second = (record(f"A-{end}", "oil", events=series(*ends)) for end, ends in enumerate(("02", "03")))
    first["affected"][0]["versions"] = ["3"]
    report = audit(tmp_path, first, second)
    assert [each.fix.partition("package ")[2] for each in report.vulnerabilities] == ['"oil==2"', '"oil>=3"']


def test_the_package_with_the_most_severe_vulnerability_comes_first(tmp_path: Path) -> None:
    report = audit(tmp_path, record("A-1", "oil", versions=["1"]), record("A-2", "wick", versions=["1"], **HIGH))
    assert [vulnerability.package.name for vulnerability in report.vulnerabilities] == ["wick", "oil"]

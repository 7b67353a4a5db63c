from __future__ import annotations

import datetime
import re

import pytest
from packaging.version import Version

from evenfall.findings import Severity
from evenfall.project.lock_graph import LockGraph
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.project.settings import AuditPolicy, Ignore
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.upgrade import Upgrade
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability
from evenfall.supply_chain.metadata.release_status import ReleaseStatus
from evenfall.supply_chain.review.lock_diff import diff_locks
from evenfall.supply_chain.review.rules import (
    diff_findings,
    missing_from,
    status_findings,
    vulnerability_findings,
)
from tests.supply_chain.review.locks import lock, package

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
OIL = package("oil")


def reviewed(before: str, after: str, *, days: int = 3) -> list[tuple[str, Severity, str]]:
    """Return code, severity and reason of the findings about a change of the locked packages."""
    found = diff_findings(diff_locks(lock(before), lock(after)), min_age_days=days, now=NOW)
    return [(each.code, each.severity, each.reason) for each in found]


def test_a_replaced_file_another_index_and_a_lost_last_wheel_are_errors() -> None:
    swapped = package("oil", files={"oil-1.0-py3-none-any.whl": "f" * 64})
    ((code, severity, reason),) = reviewed(OIL, swapped)
    assert (code, severity) == ("review-hash-changed", Severity.ERROR)
    assert reason.startswith("oil 1.0: ")
    assert reason.endswith(": oil-1.0-py3-none-any.whl")
    ((code, severity, reason),) = reviewed(OIL, package("oil", source=f'registry = "https://{"me:pw"}@e.org/simple"'))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)
    assert reason.endswith(" from registry https://pypi.org/simple to registry https://e.org/simple")
    ((code, severity, reason),) = reviewed(OIL, package("oil", files={}))
    assert (code, severity) == ("review-file-removed", Severity.ERROR)
    ((code, severity, _),) = reviewed(OIL, package("oil", "2.0", source='registry = "https://e.org/simple"'))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)


def test_a_removed_wheel_of_several_and_an_added_one_are_warnings() -> None:
    many = package("oil", files={f"{name}.whl": "a" * 64 for name in "abcdefg"})
    one = package("oil", files={"a.whl": "a" * 64})
    ((code, severity, reason),) = reviewed(many, one)
    assert (code, severity) == ("review-file-removed", Severity.WARNING)
    assert "b.whl, c.whl, d.whl, e.whl, f.whl and 1 more" in reason
    ((code, severity, _),) = reviewed(one, many)
    assert (code, severity) == ("review-file-added", Severity.WARNING)


@pytest.mark.parametrize(
    ("uploaded", "days", "code"),
    [
        ("2026-02-27T00:00:01Z", 3, "review-recent-release"),
        ("2026-02-27T00:00:01", 3, "review-recent-release"),
        ("2026-02-25T00:00:00Z", 3, ""),
        ("2026-02-28T00:00:00Z", 0, ""),
        ("someday", 3, "review-age-unknown"),
    ],
)
def test_a_recent_release_is_found_by_its_upload_time(uploaded: str, days: int, code: str) -> None:
    new = package("oil", "2.0", uploaded=uploaded)
    assert [found for found, *_ in reviewed(OIL, new, days=days)] == ([code] if code else [])


def test_a_release_from_a_repository_has_no_age() -> None:
    source = 'git = "https://e.org/oil#1234"'
    assert reviewed(package("oil", source=source), package("oil", "2.0", source=source)) == []


def vulnerability(name: str, level: Level, *names: str, version: str = "1.0") -> Vulnerability:
    (reached,) = LockGraph(lock(package(name, version))).third_party()
    audited = AuditedPackage(name=name, version=Version(version), required=reached)
    return Vulnerability(
        package=audited,
        ids=names,
        level=level,
        score=None,
        summary="burns",
        fixed=("9",),
        reported_by=("osv",),
        upgrade=Upgrade(version=Version("9"), is_exact=False),
    )


def test_a_vulnerability_that_shares_an_id_with_one_of_the_base_is_not_new() -> None:
    old = (vulnerability("oil", Level.HIGH, "CVE-1", "GHSA-1"), vulnerability("wick", Level.LOW, "CVE-2"))
    new = (vulnerability("oil", Level.HIGH, "GHSA-1", version="2.0"), vulnerability("oil", Level.LOW, "CVE-2"))
    assert [(each.package.name, each.id) for each in missing_from(old, new)] == [("oil", "CVE-2")]
    assert [(each.package.name, each.id) for each in missing_from(new, old)] == [("wick", "CVE-2")]


def test_a_record_about_two_vulnerabilities_does_not_make_them_the_same() -> None:
    old = vulnerability("oil", Level.HIGH, "CVE-1", "PYSEC-1")
    new = vulnerability("oil", Level.HIGH, "CVE-2", "PYSEC-1")
    assert missing_from((old,), (old, new)) == (new,)


@pytest.mark.parametrize(
    ("level", "unknown", "severity"),
    [
        (Level.CRITICAL, "warn", Severity.ERROR),
        (Level.MODERATE, "warn", Severity.ERROR),
        (Level.LOW, "fail", Severity.WARNING),
        (Level.UNKNOWN, "fail", Severity.ERROR),
        (Level.UNKNOWN, "warn", Severity.WARNING),
    ],
)
def test_a_new_vulnerability_is_an_error_from_moderate_on(level: Level, unknown: str, severity: Severity) -> None:
    policy = AuditPolicy(unknown="fail" if unknown == "fail" else "warn")
    (found,) = vulnerability_findings((vulnerability("oil", level, "CVE-1"),), policy, NOW.date())
    assert (found.code, found.severity, found.fix) == (
        "review-vulnerable",
        severity,
        'uv lock --upgrade-package "oil>=9"',
    )
    assert found.reason.endswith(": burns; fixed in 9")


def test_an_ignored_new_vulnerability_is_a_note() -> None:
    ignore = Ignore(id="CVE-1", reason="no flame here", owner="ann", expires=NOW.date())
    (found,) = vulnerability_findings(
        (vulnerability("oil", Level.HIGH, "CVE-1"),), AuditPolicy(ignore=(ignore,)), NOW.date()
    )
    assert found.severity is Severity.NOTE


def test_a_duplicate_file_is_an_error_and_the_first_file_is_compared() -> None:
    """uv installs the first one."""
    wheel = OIL[OIL.index("    { url") : OIL.index("},\n") + 3]
    other = wheel.replace("0" * 64, "f" * 64)
    codes = [code for code, *_ in reviewed(OIL, OIL.replace(wheel, other + wheel))]
    assert codes == ["review-hash-changed", "review-file-duplicated"]
    assert [code for code, *_ in reviewed(OIL, OIL.replace(wheel, wheel + other))] == ["review-file-duplicated"]


def test_a_file_on_another_host_is_an_error_even_with_the_same_index() -> None:
    wheel = OIL[OIL.index("    { url") : OIL.index("},\n") + 3]
    more = wheel.replace("files.pythonhosted.org/oil-1.0-py3", "evil.example/oil-1.0-cp312")
    ((code, severity, reason),) = reviewed(OIL, OIL.replace(wheel, wheel + more))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)
    assert reason.endswith(": oil-1.0-cp312-none-any.whl")


def test_a_change_from_an_index_to_a_folder_is_an_error() -> None:
    ((code, severity, reason),) = reviewed(OIL, package("oil", source='directory = "vendor/oil"'))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)
    assert reason.endswith(" from registry https://pypi.org/simple to directory vendor/oil")


NEWER = package("oil", "2.0")
AT_PYPI = "https://files.pythonhosted.org/oil-2.0-py3"
WICK = package("wick")


@pytest.mark.parametrize("before", [OIL, ""])
@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NEWER.replace("pythonhosted.org/oil-2.0-py3", "evil.example/oil-2.0-py3"), "review-source-changed"),
        (NEWER.replace("pythonhosted.org/oil-2.0-py3", "pythonhosted.org:8443/oil-2.0-py3"), "review-source-changed"),
        (
            NEWER.replace(AT_PYPI, "https://evil.example\\\\@files.pythonhosted.org/oil-2.0-py3"),
            "review-source-changed",
        ),
        (NEWER.replace(AT_PYPI, "https://evil.example?@files.pythonhosted.org/oil-2.0-py3"), "review-source-changed"),
        (NEWER.replace(AT_PYPI, "https://[x/oil-2.0-py3"), "review-source-changed"),
        (NEWER.replace(AT_PYPI, "file:///tmp/oil-2.0-py3"), "review-source-changed"),
        (WICK.replace("pythonhosted.org/wick-1.0.tar", "evil.example/wick-1.0.tar"), "review-source-changed"),
        (NEWER.replace(f', hash = "sha256:{"0" * 64}"', ""), "review-hash-missing"),
    ],
)
def test_a_new_release_with_a_file_on_another_host_or_without_a_hash_is_an_error(
    before: str, new: str, code: str
) -> None:
    """All files of PyPI are on one host and have a hash, with any base."""
    ((found, severity, _),) = reviewed(before, new)
    assert (found, severity) == (code, Severity.ERROR)


def test_a_duplicate_file_of_a_new_release_is_an_error() -> None:
    wheel = NEWER[NEWER.index("    { url") : NEWER.index("},\n") + 3]
    ((code, severity, _),) = reviewed(OIL, NEWER.replace(wheel, wheel + wheel.replace("0" * 64, "f" * 64)))
    assert (code, severity) == ("review-file-duplicated", Severity.ERROR)


def test_a_used_index_may_have_other_hosts_and_no_hashes_but_a_new_index_is_found() -> None:
    own = 'registry = "https://e.org/simple"'

    def bare(name: str) -> str:
        return re.sub(r', hash = "[^"]*"', "", package(name, source=own)).replace("files.pythonhosted.org", "cdn.e.org")

    assert reviewed(bare("oil"), bare("oil") + "\n" + bare("wick")) == []
    codes = [(code, severity) for code, severity, _ in reviewed(OIL, f"{OIL}\n{package('wick', source=own)}")]
    assert codes == [("review-source-changed", Severity.WARNING)]
    assert [code for code, *_ in reviewed("", package("wick", source=own))] == ["review-source-changed"]
    first = diff_findings(diff_locks(Lockfile(version=1), lock(package("wick", source=own))), min_age_days=3, now=NOW)
    assert list(first) == [], "without a base every index is new"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('registry = "https://pypi.org/simple"', 'registry = "https://PyPI.org/simple/"'),
        (f'registry = "https://{"me:old"}@e.org/simple"', f'registry = "https://{"me:new"}@e.org/simple"'),
        ('registry = "https://e.org/simple?sig=old"', 'registry = "https://e.org/simple/?sig=new"'),
        ('registry = "https://[::1]:443/simple"', 'registry = "https://[::1]/simple"'),
    ],
)
def test_another_spelling_of_an_index_is_the_same_index(before: str, after: str) -> None:
    assert reviewed(package("oil", source=before), package("oil", source=after)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('git = "https://e.org/oil#1234", subdirectory = "a"', 'git = "https://e.org/oil#1234", subdirectory = "b"'),
        ('git = "https://e.org/oil?rev=x#1234"', 'git = "https://e.org/oil?rev=x&subdirectory=b#1234"'),
        ('git = "https://e.org/oil?subdirectory=a#1"', 'git = "https://e.org/oil?subdirectory=b#2"'),
        ('url = "https://e.org/oil.zip?v=1"', 'url = "https://e.org/oil.zip?v=2"'),
        ('registry = "https://[::1]:8080/"', 'registry = "https://[::1:8080]/"'),
    ],
)
def test_another_subdirectory_query_or_host_of_the_same_source_is_an_error(before: str, after: str) -> None:
    ((code, severity, _),) = reviewed(package("oil", source=before, files={}), package("oil", source=after, files={}))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)


def test_a_newer_wheel_in_the_same_folder_has_the_same_source() -> None:
    def by_path(version: str, folder: str = "wheels") -> str:
        return package("oil", version, source=f'path = "{folder}/oil-{version}-py3-none-any.whl"')

    assert reviewed(by_path("1.0"), by_path("2.0")) == []
    ((code, severity, reason),) = reviewed(by_path("1.0"), by_path("2.0", "/tmp"))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)
    assert reason.endswith(" from path wheels to path /tmp")


@pytest.mark.parametrize(
    ("before", "after", "code", "severity"),
    [
        ('directory = "libs/oil"', 'registry = "https://pypi.org/simple"', "review-source-changed", Severity.ERROR),
        ('directory = "libs/oil"', 'directory = "/tmp/oil"', "review-local-source", Severity.ERROR),
        ('directory = "libs/oil"', 'editable = "../oil"', "review-local-source", Severity.ERROR),
        ('directory = "libs/oil"', "editable = 'C:\\oil'", "review-local-source", Severity.ERROR),
        ('directory = "libs/oil"', 'directory = "packages/oil"', "review-local-source", Severity.NOTE),
    ],
)
def test_another_local_folder_is_a_note_or_outside_the_repository_an_error(
    before: str, after: str, code: str, severity: Severity
) -> None:
    ((found, found_severity, _),) = reviewed(
        package("oil", source=before, files={}), package("oil", source=after, files={})
    )
    assert (found, found_severity) == (code, severity)
    assert reviewed(package("oil", source=before), package("oil", source=before.replace("directory", "editable"))) == []


def test_a_new_local_folder_is_a_note_or_outside_the_repository_an_error() -> None:
    ((code, severity, reason),) = reviewed("", package("oil", source='directory = "libs/oil"'))
    assert (code, severity) == ("review-local-source", Severity.NOTE)
    assert reason.endswith("is built from directory libs/oil")
    ((code, severity, reason),) = reviewed("", package("oil", source='directory = "../oil"'))
    assert (code, severity) == ("review-local-source", Severity.ERROR)
    assert "is built from directory ../oil, " in reason
    unversioned = package("oil", source='directory = "libs/oil"').replace('version = "1.0"\n', "", 1)
    ((_, _, reason),) = reviewed("", unversioned)
    assert reason == "oil directory libs/oil: is built from this folder"


def test_one_file_without_an_upload_time_makes_the_age_unknown() -> None:
    untimed = NEWER.replace(', upload-time = "2020-01-01T00:00:00Z"', "", 1)
    assert [(code, severity) for code, severity, _ in reviewed(OIL, untimed)] == [("review-age-unknown", Severity.NOTE)]


@pytest.mark.parametrize(
    "source",
    [
        'git = "https://evil.example/wick?rev=main#1234"',
        'url = "https://evil.example/wick-1.0-py3-none-any.whl"',
        'path = "/tmp/wick-1.0-py3-none-any.whl"',
    ],
)
def test_a_new_package_from_another_source_than_the_index_is_a_warning(source: str) -> None:
    ((code, severity, reason),) = reviewed(OIL, OIL + "\n" + package("wick", source=source))
    assert (code, severity) == ("review-source-changed", Severity.WARNING)
    assert ": is new and comes from " in reason


def test_a_package_with_two_sources_in_both_locks_did_not_change() -> None:
    built = package("oil", source='directory = "libs/oil"', files={})
    both = f"{OIL}\n{built}"
    assert reviewed(both, both) == []


def test_a_url_that_differs_only_in_the_version_is_the_same_source() -> None:
    def model(version: str) -> str:
        return package("oil", version, source=f'url = "https://e.org/download/oil-{version}/oil-{version}.whl"')

    assert reviewed(model("3.7.1"), model("3.8.0")) == []


def test_a_folder_next_to_the_project_is_in_the_repository() -> None:
    diff = diff_locks(lock(""), lock(package("oil", source='editable = "../oil"', files={})))
    (inside,) = diff_findings(diff, min_age_days=3, now=NOW, prefix="libs/lantern/")
    (outside,) = diff_findings(diff, min_age_days=3, now=NOW, prefix="")
    assert (inside.severity, outside.severity) == (Severity.NOTE, Severity.ERROR)


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (ReleaseStatus(), []),
        (ReleaseStatus(is_yanked=True), [("review-yanked", Severity.WARNING, "is yanked")]),
        (ReleaseStatus(is_yanked=True, yank_reason="a\nb"), [("review-yanked", Severity.WARNING, "is yanked: a b")]),
        (
            ReleaseStatus(project="quarantined", project_reason="malware"),
            [("review-project-status", Severity.ERROR, "its project is quarantined: malware")],
        ),
        (ReleaseStatus(project="archived"), [("review-project-status", Severity.WARNING, "its project is archived")]),
        (
            ReleaseStatus(project="deprecated"),
            [("review-project-status", Severity.WARNING, "its project is deprecated")],
        ),
        (ReleaseStatus(project="frozen"), [("review-project-status", Severity.ERROR, "its project is frozen")]),
    ],
)
def test_what_the_index_says_of_a_release_is_a_finding(
    status: ReleaseStatus, found: list[tuple[str, Severity, str]]
) -> None:
    oil = LockedPackage(name="oil", version="1.0")
    findings = [(each.code, each.severity, each.reason) for each in status_findings(oil, status)]
    assert findings == [(code, severity, f"oil 1.0: {reason}") for code, severity, reason in found]

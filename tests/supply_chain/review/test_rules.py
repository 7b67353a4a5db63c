"""What is said of the differences, and what of it fails."""

from __future__ import annotations

import datetime
import re

import pytest
from packaging.version import Version

from evenfall.findings import Severity
from evenfall.project.lock_graph import LockGraph
from evenfall.project.lockfile import Lockfile
from evenfall.project.settings import AuditPolicy, Ignore
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.severity import Level
from evenfall.supply_chain.audit.vulnerabilities import Vulnerability
from evenfall.supply_chain.review.lock_diff import compare
from evenfall.supply_chain.review.rules import findings, of_vulnerabilities, weigh
from tests.supply_chain.review.locks import lock, package

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
OIL = package("oil")


def said(before: str, after: str, *, days: int = 3) -> list[tuple[str, Severity, str]]:
    found = findings(compare(lock(before), lock(after)), min_age_days=days, now=NOW)
    return [(each.code, each.severity, each.reason) for each in found]


def test_another_hash_another_index_and_a_lost_wheel_fail() -> None:
    swapped = package("oil", files={"oil-1.0-py3-none-any.whl": "f" * 64})
    ((code, severity, reason),) = said(OIL, swapped)
    assert (code, severity) == ("review-hash-changed", Severity.ERROR)
    assert "oil 1.0: the same files have other contents: oil-1.0-py3-none-any.whl" in reason
    ((code, severity, reason),) = said(OIL, package("oil", source=f'registry = "https://{"me:pw"}@e.org/simple"'))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)
    assert "comes from registry https://e.org/simple, and came from registry https://pypi.org/simple" in reason
    ((code, severity, reason),) = said(OIL, package("oil", files={}))
    assert (code, severity) == ("review-wheel-gone", Severity.ERROR)
    ((code, severity, _),) = said(OIL, package("oil", "2.0", source='registry = "https://e.org/simple"'))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)


def test_a_wheel_of_several_that_is_gone_warns_and_one_that_came_is_noted() -> None:
    many = package("oil", files={f"{name}.whl": "a" * 64 for name in "abcdefg"})
    one = package("oil", files={"a.whl": "a" * 64})
    ((code, severity, reason),) = said(many, one)
    assert (code, severity) == ("review-wheel-gone", Severity.WARNING)
    assert "b.whl, c.whl, d.whl, e.whl, f.whl and 1 more" in reason
    ((code, severity, _),) = said(one, many)
    assert (code, severity) == ("review-file-came", Severity.WARNING)


@pytest.mark.parametrize(
    ("uploaded", "days", "code"),
    [
        ("2026-02-27T00:00:01Z", 3, "review-young"),
        ("2026-02-27T00:00:01", 3, "review-young"),
        ("2026-02-25T00:00:00Z", 3, ""),
        ("2026-02-28T00:00:00Z", 0, ""),
        ("someday", 3, "review-age-unknown"),
    ],
)
def test_a_release_that_is_days_old_is_named(uploaded: str, days: int, code: str) -> None:
    new = package("oil", "2.0", uploaded=uploaded)
    assert [found for found, *_ in said(OIL, new, days=days)] == ([code] if code else [])


def test_what_comes_from_no_index_has_no_age() -> None:
    source = 'git = "https://e.org/oil#1234"'
    assert said(package("oil", source=source), package("oil", "2.0", source=source)) == []


def row(name: str, level: Level, *names: str, version: str = "1.0") -> Vulnerability:
    (reached,) = LockGraph(lock(package(name, version))).third_party()
    audited = AuditedPackage(name=name, version=Version(version), required=reached)
    return Vulnerability(
        package=audited, ids=names, level=level, score=None, summary="burns", fixed=("9",), reported_by=("osv",)
    )


def test_a_vulnerability_that_was_there_under_another_name_is_not_new() -> None:
    old = (row("oil", Level.HIGH, "CVE-1", "GHSA-1"), row("wick", Level.LOW, "CVE-2"))
    new = (row("oil", Level.HIGH, "GHSA-1", version="2.0"), row("oil", Level.LOW, "CVE-2"))
    found = weigh(old, new)
    assert [(each.package.name, each.id) for each in found.new] == [("oil", "CVE-2")]
    assert [(each.package.name, each.id) for each in found.gone] == [("wick", "CVE-2")]


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
def test_a_new_vulnerability_fails_from_moderate_on(level: Level, unknown: str, severity: Severity) -> None:
    policy = AuditPolicy(unknown="fail" if unknown == "fail" else "warn")
    (found,) = of_vulnerabilities((row("oil", level, "CVE-1"),), policy, NOW.date())
    assert (found.code, found.severity, found.fix) == (
        "review-vulnerable",
        severity,
        "uv lock --upgrade-package oil",
    )
    assert found.reason.endswith(": burns; fixed in 9")


def test_a_new_vulnerability_that_somebody_answers_for_is_a_note() -> None:
    ignore = Ignore(id="CVE-1", reason="no flame here", owner="ann", expires=NOW.date())
    (found,) = of_vulnerabilities((row("oil", Level.HIGH, "CVE-1"),), AuditPolicy(ignore=(ignore,)), NOW.date())
    assert found.severity is Severity.NOTE


def test_a_second_file_of_one_name_fails_and_the_first_counts() -> None:
    """uv installs the first."""
    wheel = OIL[OIL.index("    { url") : OIL.index("},\n") + 3]
    other = wheel.replace("0" * 64, "f" * 64)
    codes = [code for code, *_ in said(OIL, OIL.replace(wheel, other + wheel))]
    assert codes == ["review-hash-changed", "review-file-doubled"]
    assert [code for code, *_ in said(OIL, OIL.replace(wheel, wheel + other))] == ["review-file-doubled"]


def test_a_file_from_another_host_fails_though_the_index_is_the_same() -> None:
    wheel = OIL[OIL.index("    { url") : OIL.index("},\n") + 3]
    more = wheel.replace("files.pythonhosted.org/oil-1.0-py3", "evil.example/oil-1.0-cp312")
    ((code, severity, reason),) = said(OIL, OIL.replace(wheel, wheel + more))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)
    assert "files lie on another host than before: oil-1.0-cp312-none-any.whl" in reason


def test_a_package_that_is_built_from_a_folder_now_fails() -> None:
    ((code, severity, reason),) = said(OIL, package("oil", source='directory = "vendor/oil"'))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)
    assert "comes from directory vendor/oil, and came from registry https://pypi.org/simple" in reason


NEWER = package("oil", "2.0")
AT_PYPI = "https://files.pythonhosted.org/oil-2.0-py3"
WICK = package("wick")


@pytest.mark.parametrize("before", [OIL, ""])
@pytest.mark.parametrize(
    ("new", "code", "says"),
    [
        (NEWER.replace("pythonhosted.org/oil-2.0-py3", "evil.example/oil-2.0-py3"), "review-source-changed", "another server"),
        (NEWER.replace("pythonhosted.org/oil-2.0-py3", "pythonhosted.org:8443/oil-2.0-py3"), "review-source-changed", "another server"),
        (NEWER.replace(AT_PYPI, "https://evil.example\\\\@files.pythonhosted.org/oil-2.0-py3"), "review-source-changed", "another server"),
        (NEWER.replace(AT_PYPI, "https://evil.example?@files.pythonhosted.org/oil-2.0-py3"), "review-source-changed", "another server"),
        (NEWER.replace(AT_PYPI, "https://[x/oil-2.0-py3"), "review-source-changed", "another server"),
        (NEWER.replace(AT_PYPI, "file:///tmp/oil-2.0-py3"), "review-source-changed", "another server"),
        (NEWER.replace(f', hash = "sha256:{"0" * 64}"', ""), "review-hash-missing", "oil-2.0-py3-none-any.whl"),
        (WICK.replace("pythonhosted.org/wick-1.0.tar", "evil.example/wick-1.0.tar"), "review-source-changed", "wick-1.0.tar.gz"),
    ],
)  # fmt: skip
def test_a_release_that_came_with_strange_files_fails(before: str, new: str, code: str, says: str) -> None:
    """PyPI's files lie on one server, and every file has its hash; whatever the lock held before."""
    ((found, severity, reason),) = said(before, new)
    assert (found, severity) == (code, Severity.ERROR)
    assert says in reason


def test_two_files_of_one_name_fail_in_a_new_release_too() -> None:
    wheel = NEWER[NEWER.index("    { url") : NEWER.index("},\n") + 3]
    ((code, severity, _),) = said(OIL, NEWER.replace(wheel, wheel + wheel.replace("0" * 64, "f" * 64)))
    assert (code, severity) == ("review-file-doubled", Severity.ERROR)


def test_an_index_is_taken_as_it_was_and_a_new_one_is_named() -> None:
    """One of its own may lay files anywhere, and know no hashes."""
    own = 'registry = "https://e.org/simple"'

    def bare(name: str) -> str:
        return re.sub(r', hash = "[^"]*"', "", package(name, source=own)).replace("files.pythonhosted.org", "cdn.e.org")

    assert said(bare("oil"), bare("oil") + "\n" + bare("wick")) == []
    codes = [(code, severity) for code, severity, _ in said(OIL, f"{OIL}\n{package('wick', source=own)}")]
    assert codes == [("review-source-changed", Severity.WARNING)]
    assert [code for code, *_ in said("", package("wick", source=own))] == ["review-source-changed"]
    first = findings(compare(Lockfile(version=1), lock(package("wick", source=own))), min_age_days=3, now=NOW)
    assert list(first) == [], "where there is no base all is new"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('registry = "https://pypi.org/simple"', 'registry = "https://PyPI.org/simple/"'),
        (f'registry = "https://{"me:old"}@e.org/simple"', f'registry = "https://{"me:new"}@e.org/simple"'),
    ],
)
def test_another_way_to_write_an_index_is_no_other_index(before: str, after: str) -> None:
    assert said(package("oil", source=before), package("oil", source=after)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('git = "https://e.org/oil#1234", subdirectory = "a"', 'git = "https://e.org/oil#1234", subdirectory = "b"'),
        ('git = "https://e.org/oil?rev=x#1234"', 'git = "https://e.org/oil?rev=x&subdirectory=b#1234"'),
        ('git = "https://e.org/oil?subdirectory=a#1"', 'git = "https://e.org/oil?subdirectory=b#2"'),
        ('url = "https://e.org/oil.zip?v=1"', 'url = "https://e.org/oil.zip?v=2"'),
    ],
)
def test_a_release_from_another_part_of_a_place_fails(before: str, after: str) -> None:
    ((code, severity, _),) = said(package("oil", source=before, files={}), package("oil", source=after, files={}))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)


def test_a_newer_wheel_in_the_same_folder_comes_from_no_elsewhere() -> None:
    def by_path(version: str, folder: str = "wheels") -> str:
        return package("oil", version, source=f'path = "{folder}/oil-{version}-py3-none-any.whl"')

    assert said(by_path("1.0"), by_path("2.0")) == []
    ((code, severity, reason),) = said(by_path("1.0"), by_path("2.0", "/tmp"))
    assert (code, severity) == ("review-source-changed", Severity.ERROR)
    assert reason.endswith("comes from path /tmp, and came from path wheels")


@pytest.mark.parametrize(
    ("before", "after", "code", "severity"),
    [
        ('directory = "libs/oil"', 'registry = "https://pypi.org/simple"', "review-source-changed", Severity.ERROR),
        ('directory = "libs/oil"', 'directory = "/tmp/oil"', "review-built", Severity.ERROR),
        ('directory = "libs/oil"', 'editable = "../oil"', "review-built", Severity.ERROR),
        ('directory = "libs/oil"', "editable = 'C:\\oil'", "review-built", Severity.ERROR),
        ('directory = "libs/oil"', 'directory = "packages/oil"', "review-built", Severity.NOTE),
    ],
)
def test_what_is_built_from_a_folder_is_looked_at(before: str, after: str, code: str, severity: Severity) -> None:
    ((found, how, _),) = said(package("oil", source=before, files={}), package("oil", source=after, files={}))
    assert (found, how) == (code, severity)
    assert said(package("oil", source=before), package("oil", source=before.replace("directory", "editable"))) == []


def test_a_folder_that_came_is_told() -> None:
    ((code, severity, reason),) = said("", package("oil", source='directory = "libs/oil"'))
    assert (code, severity) == ("review-built", Severity.NOTE)
    assert reason.endswith("is built from directory libs/oil")
    ((code, severity, reason),) = said("", package("oil", source='directory = "../oil"'))
    assert (code, severity) == ("review-built", Severity.ERROR)
    assert reason.endswith("is built from directory ../oil, which is not in this repository")


def test_a_file_without_a_time_is_said_beside_those_that_have_one() -> None:
    untimed = NEWER.replace(', upload-time = "2020-01-01T00:00:00Z"', "", 1)
    assert [(code, severity) for code, severity, _ in said(OIL, untimed)] == [("review-age-unknown", Severity.NOTE)]


@pytest.mark.parametrize(
    "source",
    [
        'git = "https://evil.example/wick?rev=main#1234"',
        'url = "https://evil.example/wick-1.0-py3-none-any.whl"',
        'path = "/tmp/wick-1.0-py3-none-any.whl"',
    ],
)
def test_a_new_package_from_anywhere_but_the_index_is_named(source: str) -> None:
    ((code, severity, reason),) = said(OIL, OIL + "\n" + package("wick", source=source))
    assert (code, severity) == ("review-source-changed", Severity.WARNING)
    assert reason.endswith(", from which nothing came before")


def test_a_package_that_comes_from_a_folder_and_from_the_index_is_as_it_was() -> None:
    built = package("oil", source='directory = "libs/oil"', files={})
    both = f"{OIL}\n{built}"
    assert said(both, both) == []


def test_a_newer_file_at_an_address_that_names_its_version_comes_from_no_elsewhere() -> None:
    def model(version: str) -> str:
        return package("oil", version, source=f'url = "https://e.org/download/oil-{version}/oil-{version}.whl"')

    assert said(model("3.7.1"), model("3.8.0")) == []


def test_a_folder_beside_the_project_is_in_its_repository() -> None:
    differences = compare(lock(""), lock(package("oil", source='editable = "../oil"', files={})))
    (inside,) = findings(differences, min_age_days=3, now=NOW, prefix="libs/lantern/")
    (outside,) = findings(differences, min_age_days=3, now=NOW, prefix="")
    assert (inside.severity, outside.severity) == (Severity.NOTE, Severity.ERROR)

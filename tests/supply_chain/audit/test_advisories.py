from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from evenfall.supply_chain.audit.advisories import Advisory, Event, read_record, windows
from tests.supply_chain.osv import _inside, record


def read(**fields: Any) -> Advisory:
    (advisory,) = read_record(json.dumps(record("PYSEC-1", "Oil.Lamp", **fields)).encode())
    return advisory


def affected(advisory: Advisory, *versions: str) -> list[str]:
    return [version for version in versions if advisory.affects(Version(version))]


def test_a_listed_version_is_affected_in_every_spelling() -> None:
    advisory = read(versions=["1.0", "2.0-beta.1"])
    assert affected(advisory, "1", "1.0.0", "2.0b1", "2.0", "3") == ["1", "1.0.0", "2.0b1"]


def test_a_version_in_a_range_is_affected_without_being_listed() -> None:
    advisory = read(versions=["0.5"], events=[{"introduced": "1"}, {"fixed": "2"}])
    assert affected(advisory, "0.5", "0.9", "1", "1.9", "2.dev1", "2") == ["0.5", "1", "1.9", "2.dev1"]


def test_zero_is_the_first_version_and_a_range_without_end_affects_all_later_ones() -> None:
    assert affected(read(events=[{"introduced": "0"}]), "0.dev1", "0a1", "9999") == ["0.dev1", "0a1", "9999"]


def test_the_last_affected_version_is_affected() -> None:
    assert affected(read(events=[{"introduced": "1"}, {"last_affected": "1.5"}]), "1.5", "1.5.1") == ["1.5"]
    assert affected(read(events=[{"introduced": "1"}, {"last_affected": "1"}]), "1", "1.1") == ["1"]


def test_a_vulnerability_that_was_reintroduced_has_two_windows() -> None:
    events = [{"introduced": "3"}, {"introduced": "1"}, {"fixed": "2"}, {"fixed": "4"}]
    assert affected(read(events=events), "0.9", "1", "2", "3", "4") == ["1", "3"]


def test_an_invalid_version_excludes_nothing() -> None:
    advisory = read(versions=["2004d", "1.0"], events=[{"introduced": "odd"}, {"fixed": "odder"}])
    assert affected(advisory, "0.1", "7") == ["0.1", "7"]
    assert affected(read(versions=["2004d"]), "2004") == []


def test_a_local_version_is_affected_like_its_public_version() -> None:
    advisory = read(versions=["2.0"], events=[{"introduced": "3"}, {"last_affected": "4"}])
    assert affected(advisory, "2.0+cpu", "4+cpu", "4.1+cpu") == ["2.0+cpu", "4+cpu"]
    assert affected(read(versions=["2.0+cpu"]), "2.0+cpu", "2.0") == ["2.0+cpu"]


EVENTS = st.lists(
    st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), st.integers(1, 9).map(str)),
    max_size=6,
    unique_by=lambda event: event[1],
).map(lambda events: [dict([event]) for event in events])


@given(EVENTS, st.integers(0, 10).map(str))
def test_windows_agree_with_the_algorithm_of_the_osv_specification(events: list[dict[str, str]], version: str) -> None:
    found = any(window.contains(Version(version)) for window in windows(tuple(Event(**event) for event in events)))
    assert found == _inside(Version(version), events)


def test_a_version_that_is_fixed_and_introduced_again_is_affected() -> None:
    assert affected(read(events=[{"introduced": "1"}, {"introduced": "2"}, {"fixed": "2"}]), "1", "2") == ["1", "2"]


def test_a_record_becomes_an_advisory_with_the_fields_that_an_audit_needs() -> None:
    advisory = read(
        versions=["1.0"],
        events=[{"introduced": "0"}, {"fixed": "1.1"}, {"fixed": "odd"}],
        aliases=["CVE-1", "not a name", "GHSA-1"],
        severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/X"}],
        database_specific={"severity": "MODERATE"},
    )
    assert (advisory.package, advisory.ids) == ("oil-lamp", ("PYSEC-1", "CVE-1", "GHSA-1"))
    assert advisory.summary == "Oil.Lamp can be made to do harm."
    assert (advisory.vectors, advisory.severity_word) == (("CVSS:3.1/X",), "MODERATE")
    assert list(advisory.fixed_versions()) == [Version("1.1")]


def test_a_summary_is_the_first_line_cut_to_200_characters() -> None:
    assert read(summary="\n\n## Harm  \nmore").summary == "Harm"
    assert read(summary="", details="").summary == ""
    long = read(summary="x" * 500).summary
    assert (len(long), long[-1]) == (200, "…")


def test_the_severity_of_the_package_takes_precedence_over_that_of_the_record() -> None:
    content = record("A-1", "oil", severity=[{"score": "of the record"}])
    content["affected"][0]["severity"] = [{"score": "of the package"}]
    (advisory,) = read_record(json.dumps(content).encode())
    assert advisory.vectors == ("of the package",)


@pytest.mark.parametrize("specific", [None, "x", {"severity": 3}, {}])
def test_the_severity_word_may_be_missing(specific: Any) -> None:
    assert read(database_specific=specific).severity_word == ""


def test_other_ecosystems_commit_ranges_and_entries_without_a_package_are_ignored() -> None:
    content = record("A-1", "oil", versions=["1"])
    content["affected"] += [
        {"package": {"ecosystem": "npm", "name": "glass"}, "versions": ["1"]},
        {"versions": ["1"]},
        {"package": {"ecosystem": "PyPI", "name": "OIL"}, "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]},
        {"package": {"ecosystem": "PyPI", "name": "wick"}, "ranges": [{"type": "ECOSYSTEM", "events": None}]},
    ]
    oil, wick = read_record(json.dumps(content).encode())
    assert (oil.package, affected(oil, "1", "2")) == ("oil", ["1"])
    assert (wick.package, affected(wick, "1", "2")) == ("wick", ["1", "2"]), (
        "without versions and version ranges all are affected"
    )


def test_a_withdrawn_record_gives_no_advisory() -> None:
    assert read_record(json.dumps(record("A-1", "oil", withdrawn="2024-01-01T00:00:00Z")).encode()) == ()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"id": "a b", "modified": ""}', b'{"id": 1, "modified": ""}'])
def test_content_that_is_not_a_record_is_an_error(content: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_record(content)
    assert read_record(b'{"id": "A-1", "modified": "x", "affected": null, "aliases": null}') == ()


def test_semver_ranges_are_version_ranges() -> None:
    affected = {
        "package": {"ecosystem": "PyPI", "name": "oil"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
    }
    (advisory,) = read_record(json.dumps({**record("MAL-1", "oil"), "affected": [affected]}).encode())
    assert advisory.affects(Version("7"))


@pytest.mark.parametrize("ranges", [[], None, [{"type": "GIT", "events": [{"introduced": "0"}]}]])
def test_a_record_without_versions_affects_every_version(ranges: object) -> None:
    affected = {"package": {"ecosystem": "PyPI", "name": "oil"}, "ranges": ranges}
    (advisory,) = read_record(json.dumps({**record("MAL-1", "oil"), "affected": [affected]}).encode())
    assert advisory.affects(Version("7"))
    (advisory,) = read_record(
        json.dumps({**record("MAL-1", "oil"), "affected": [{**affected, "versions": ["1"]}]}).encode()
    )
    assert not advisory.affects(Version("7"))


def test_a_number_with_too_many_digits_for_python_is_an_invalid_version() -> None:
    (advisory,) = read_record(
        json.dumps(record("PYSEC-1", "oil", events=[{"introduced": "0"}, {"fixed": "9" * 5000}])).encode()
    )
    assert advisory.affects(Version("7"))


@pytest.mark.parametrize(
    ("events", "last"),
    [
        ([{"introduced": "0"}, {"last_affected": "1.5"}], "1.5"),
        ([{"introduced": "0"}, {"fixed": "0.5"}, {"introduced": "1"}, {"last_affected": "1.5"}], "1.5"),
        ([{"introduced": "0"}, {"last_affected": "1.5"}, {"introduced": "2"}], None),
        ([{"introduced": "0"}, {"last_affected": "1.5"}, {"introduced": "2"}, {"fixed": "3"}], None),
        ([{"introduced": "0"}, {"fixed": "1.5"}], None),
    ],
)
def test_the_last_affected_version_is_known_only_if_no_later_window_exists(
    events: list[dict[str, str]], last: str | None
) -> None:
    assert read(events=events).last_affected() == (Version(last) if last else None)


def test_a_local_version_with_a_fix_is_not_affected_and_those_before_it_are() -> None:
    """A vendor publishes it next to the public version, which has no fix."""
    for more in ({}, {"versions": ["6.3", "6.4"]}):
        advisory = read(events=[{"introduced": "0"}, {"fixed": "6.4+sec.2"}], **more)
        versions = ("6.3+sec.9", "6.4", "6.4+sec.1", "6.4+sec.2", "6.4+sec.10", "6.5")
        assert affected(advisory, *versions) == ["6.3+sec.9", "6.4", "6.4+sec.1"]
    assert affected(read(events=[{"introduced": "6.4+sec.1"}]), "6.4", "6.4+sec.1") == ["6.4+sec.1"]


def test_commits_with_a_fix_are_kept_without_the_repository() -> None:
    content = record("A-1", "oil", versions=["1"])
    events = [{"introduced": "0"}, {"fixed": "0a1b2c3"}, {"fixed": "not a commit"}, {"limit": "0a1b2c4"}]
    content["affected"] += [{"ranges": [{"type": "GIT", "events": events}]}, {"ranges": [{"type": "GIT"}]}]
    content["affected"] += [
        {"package": {"ecosystem": "npm", "name": "oil"}, "ranges": [{"type": "GIT", "events": events}]}
    ]
    (advisory,) = read_record(json.dumps(content).encode())
    assert advisory.commits == ("0a1b2c3",)

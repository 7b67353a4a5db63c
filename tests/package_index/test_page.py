from __future__ import annotations

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.package_index.page import IndexFile, ProjectPage, parse_index_page, parse_time


def json_page(**keys: object) -> bytes:
    return json.dumps(
        {"meta": {"api-version": "1.1"}, "name": "lamp", "files": [{"filename": "a.whl", **keys}]}
    ).encode()


@pytest.mark.parametrize(
    ("keys", "metadata_hashes"),
    [
        ({}, None),
        ({"core-metadata": False}, None),
        ({"core-metadata": True}, {}),
        ({"core-metadata": {"sha256": "12"}}, {"sha256": "12"}),
        ({"dist-info-metadata": {"sha256": "12"}}, {"sha256": "12"}),
        ({"core-metadata": False, "dist-info-metadata": True}, None),
    ],
)
def test_a_json_page_states_whether_a_file_has_a_metadata_file(
    keys: dict[str, object], metadata_hashes: dict[str, str] | None
) -> None:
    page = json_page(hashes={"sha256": "ab"}, **keys)
    (file,) = parse_index_page(page).files
    assert (file.name, file.hashes, file.metadata_hashes) == ("a.whl", {"sha256": "ab"}, metadata_hashes)


@pytest.mark.parametrize(
    ("attribute", "metadata_hashes"),
    [
        ("", None),
        ('data-core-metadata="true"', {}),
        ("data-core-metadata", None),
        ('data-core-metadata="sha256=12"', {"sha256": "12"}),
        ('data-dist-info-metadata="sha256=12"', {"sha256": "12"}),
    ],
)
def test_an_html_page_states_whether_a_file_has_a_metadata_file(
    attribute: str, metadata_hashes: dict[str, str] | None
) -> None:
    link = f'<a href="../../files/a%2Bcpu.whl?x=/y#sha256=ab&amp;egg=lamp" {attribute}>a+cpu.whl</a>'
    page = f"<!DOCTYPE html><html><body><a>no link</a><h1>lamp</h1>{link}</body></html>".encode()
    (file,) = parse_index_page(page).files
    assert (file.name, file.url) == ("a+cpu.whl", "../../files/a%2Bcpu.whl?x=/y")
    assert (file.hashes, file.metadata_hashes) == ({"sha256": "ab"}, metadata_hashes)


def test_a_link_without_a_hash_is_a_file_without_hashes() -> None:
    assert parse_index_page(b'<a href="a.whl">a</a>').files == (IndexFile(name="a.whl", url="a.whl", hashes={}),)


def test_a_json_page_states_address_upload_time_and_provenance_of_a_file() -> None:
    keys = {"url": "../a.whl", "upload-time": "2026-11-01T00:00:00Z", "provenance": "https://index.test/a"}
    assert parse_index_page(json_page(**keys)).files == (
        IndexFile(
            name="a.whl",
            url="../a.whl",
            hashes={},
            upload_time="2026-11-01T00:00:00Z",
            provenance="https://index.test/a",
        ),
    )


@pytest.mark.parametrize(("yanked", "reason"), [(True, ""), ("", ""), ("broken", "broken")])
def test_a_file_can_be_yanked_with_a_reason(yanked: bool | str, reason: str) -> None:
    attribute = f'data-yanked="{reason}"' if reason else "data-yanked"
    for page in (json_page(yanked=yanked), f'<a href="a.whl" {attribute}>a</a>'.encode()):
        (file,) = parse_index_page(page).files
        assert file.is_yanked
        assert file.yanked == reason or (reason == "" and file.yanked is True)
    assert [file.is_yanked for file in parse_index_page(json_page(yanked=False)).files] == [False]


@pytest.mark.parametrize(
    ("status", "reason"), [("quarantined", ""), ("archived", "see lantern"), ("frozen", ""), ("active", "")]
)
def test_a_page_states_the_status_of_its_project(status: str, reason: str) -> None:
    in_json = {"status": status, "reason": reason} if reason else {"status": status}
    in_html = f'<meta name="pypi:project-status" content="{status}">' + (
        f'<meta name="pypi:project-status-reason" content="{reason}">' if reason else ""
    )
    for page in (json.dumps({"files": [], "project-status": in_json}).encode(), in_html.encode()):
        assert parse_index_page(page) == ProjectPage(status=status, status_reason=reason)


@pytest.mark.parametrize("page", [b'{"files": [], "project-status": {}}', b'{"files": []}', b"<meta><meta content=a>"])
def test_a_project_without_a_stated_status_is_active(page: bytes) -> None:
    assert parse_index_page(page) == ProjectPage()


@pytest.mark.parametrize("content", [b"", b"{", b'{"files": 1}', b"Not found", b"<![<![", b'{"x": ' + b"[" * 100_000])
def test_an_invalid_page_has_no_files(content: bytes) -> None:
    assert parse_index_page(content) == ProjectPage()


@given(st.binary(max_size=100), st.sampled_from([b"", b"{", b'{"files": [', b"<a href=", b"<![", b"<!"]))
def test_any_page_can_be_parsed(content: bytes, start: bytes) -> None:
    parse_index_page(start + content)


@pytest.mark.parametrize(
    "text", ["2026-11-01T10:00:00", "2026-11-01T10:00:00Z", "2026-11-01T10:00:00.000000Z", "2026-11-01T10:00:00+00:00"]
)
def test_an_upload_time_is_a_moment(text: str) -> None:
    assert parse_time(text) == datetime.datetime(2026, 11, 1, 10, tzinfo=datetime.UTC)


@pytest.mark.parametrize("text", ["", "soon"])
def test_an_index_may_not_state_the_upload_time(text: str) -> None:
    assert parse_time(text) is None

from __future__ import annotations

import datetime
import json
import os
import sqlite3
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.audit.advisory_index import AdvisoryIndex, index_path, open_index
from evenfall.supply_chain.audit.download import AdvisorySource, DownloadLimits, parse_source
from evenfall.supply_chain.audit.osv_export import build_index
from tests.supply_chain.osv import Loopback, packed, record, write_zip, zipped

NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
OIL = record("PYSEC-1", "oil", versions=["1"], modified="2026-11-02T00:00:00Z")
WICK = record("PYSEC-2", "Wick", versions=["1"], modified="2026-11-01T00:00:00Z")


def names(index: AdvisoryIndex | None, *packages: str) -> list[str]:
    """Return the ids of the packages' advisories, and close the index."""
    assert index is not None
    found = [advisory.id for advisories in index.advisories(packages).values() for advisory in advisories]
    index.close()
    return found


def test_an_index_is_queried_by_package_names(tmp_path: Path) -> None:
    source = AdvisorySource(str(write_zip(tmp_path / "all.zip", OIL, WICK)))
    build_index(source, tmp_path / "cache", NOW).close()
    assert names(open_index(source, tmp_path / "cache"), "wick", "oil", "glass") == ["PYSEC-2", "PYSEC-1"]


def test_an_index_contains_its_origin(tmp_path: Path, loopback: Loopback) -> None:
    content = zipped([OIL, WICK])
    index = build_index(AdvisorySource(loopback.page("/all.zip", content)), tmp_path, NOW)
    origin = index.origin
    assert (origin.source, origin.fetched, f"{origin.newest}") == (
        f"{loopback.address}/all.zip",
        NOW,
        "2026-11-02 00:00:00+00:00",
    )
    assert (origin.records, origin.packages, len(origin.sha256)) == (2, 2, 64)
    index.close()


@pytest.mark.parametrize(
    ("modified", "newest"),
    [
        (["2026-11-01T00:00:00.5+01:00", "2026-10-31T23:30:00Z"], "2026-10-31 23:30:00+00:00"),
        (["2026-11-25T20:00:00Z", "9999-01-01T00:00:00Z"], "2026-11-25 20:00:00+00:00"),
        (["2024-10-10T00:00:00Z", "lately", ""], "2024-10-10 00:00:00+00:00"),
        (["2026-11-24T00:00:00", "9999-01-01T00:00:00Z"], "2026-11-24 00:00:00+00:00"),
        (["lately", "9999-01-01T00:00:00Z"], "None"),
    ],
)
def test_the_newest_record_is_the_latest_with_a_valid_time_that_is_not_in_the_future(
    tmp_path: Path, modified: list[str], newest: str
) -> None:
    records = [record(f"PYSEC-{place}", "oil", modified=text) for place, text in enumerate(modified)]
    index = build_index(AdvisorySource(str(write_zip(tmp_path / "all.zip", *records))), tmp_path / "cache", NOW)
    assert f"{index.origin.newest}" == newest
    index.close()


def test_a_local_file_is_as_old_as_its_modification_time(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "all.zip", OIL)
    os.utime(path, (0, 0))
    index = build_index(AdvisorySource(str(path)), tmp_path / "cache", NOW)
    assert index.origin.fetched == datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    index.close()


def test_each_source_has_its_own_index(tmp_path: Path) -> None:
    first, second = (AdvisorySource(str(write_zip(tmp_path / f"{each['id']}.zip", each))) for each in (OIL, WICK))
    build_index(first, tmp_path, NOW).close()
    assert open_index(second, tmp_path) is None
    build_index(second, tmp_path, NOW).close()
    assert names(open_index(first, tmp_path), "oil", "wick") == ["PYSEC-1"]


def test_the_index_of_a_changed_local_file_is_not_used(tmp_path: Path) -> None:
    source = AdvisorySource(str(write_zip(tmp_path / "all.zip", OIL)))
    build_index(source, tmp_path, NOW).close()
    write_zip(tmp_path / "all.zip", OIL, WICK)
    assert open_index(source, tmp_path) is None
    (tmp_path / "all.zip").unlink()
    assert open_index(source, tmp_path) is None


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no database" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:100]),
        lambda path: execute(path, "PRAGMA user_version = 0"),
        lambda path: execute(path, "DELETE FROM origin"),
        lambda path: execute(path, "UPDATE origin SET body = '{}'"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_an_invalid_index_is_not_used(tmp_path: Path, spoil: Callable[[Path], Any]) -> None:
    source = AdvisorySource(str(write_zip(tmp_path / "all.zip", OIL)))
    build_index(source, tmp_path, NOW).close()
    spoil(index_path(source, tmp_path))
    assert open_index(source, tmp_path) is None


def test_a_damaged_index_is_an_error_with_the_command_that_repairs_it(tmp_path: Path) -> None:
    source = AdvisorySource(str(write_zip(tmp_path / "all.zip", OIL)))
    build_index(source, tmp_path, NOW).close()
    with closing(sqlite3.connect(index_path(source, tmp_path))) as connection, connection:
        connection.execute("UPDATE advisories SET body = X'C1'")
    connection.close()
    index = open_index(source, tmp_path)
    assert index is not None
    with pytest.raises(EvenfallError, match="the index is damaged") as caught:
        index.advisories(["oil"])
    assert (caught.value.exit_code, caught.value.hint) == (Exit.UNKNOWN, "evenfall audit --update")
    index.close()


def with_false_size(content: bytes) -> bytes:
    """Return a zip file with a record that is larger than declared."""
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<I", 5) + content[at + 28 :]


def encrypted(content: bytes) -> bytes:
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 8] + b"\x01" + content[at + 9 :]


GOOD = zipped([OIL])
DEEP = 1_000_000
GOOD_TEXT = json.dumps(OIL).encode()
BAD = {
    "cut off": (GOOD[:-30], "it is not a complete zip file"),
    "cut off in the middle": (GOOD[: len(GOOD) // 2], "it is not a complete zip file"),
    "damaged": (GOOD[:60] + b"\0\0\0\0" + GOOD[64:], "it is not a complete zip file"),
    "empty": (b"", "it is not a complete zip file"),
    "a page of html": (b"<html>sign in</html>", "it is not a complete zip file"),
    "a zip of something else": (packed({"README.md": b"hello"}), "it has no advisory for PyPI"),
    "an export of another ecosystem": (
        zipped([{**OIL, "affected": [{"package": {"ecosystem": "npm", "name": "oil"}}]}]),
        "it has no advisory for PyPI",
    ),
    "a file that is no record": (
        packed({"a.json": b"{}"}),
        "a.json is not an OSV record: Object missing required field",
    ),
    "a file that is no json": (packed({"a\x1b.json": b"\xff"}), r"a\x1b.json is not an OSV record"),
    "nested without end": (
        packed({"a.json": GOOD_TEXT[:-1] + b', "database_specific": ' + b"[" * DEEP + b"]" * DEEP + b"}"}),
        "a.json is not an OSV record: maximum recursion depth exceeded|a.json is not an OSV record: Stack overflow",
    ),
    "a zip bomb": (packed({"a.json": bytes(17 * 2**20)}), "a.json is larger than 16777216 bytes when unpacked"),
    "a false size": (
        with_false_size(packed({"a.json": json.dumps(OIL).encode()})),
        "not an OSV record|not a complete zip file",
    ),
    "another compression": (
        packed({"a.json": b"{}"}, compression=zipfile.ZIP_BZIP2),
        "compressed in a way that OSV does not use",
    ),
    "encrypted": (encrypted(GOOD), "it is encrypted"),
}


@pytest.mark.parametrize("bad", BAD)
def test_an_invalid_export_is_refused_with_the_reason_and_the_old_index_stays(
    tmp_path: Path, loopback: Loopback, bad: str
) -> None:
    source = AdvisorySource(loopback.page("/all.zip", GOOD))
    build_index(source, tmp_path, NOW).close()
    content, reason = BAD[bad]
    loopback.page("/all.zip", content)
    with pytest.raises(EvenfallError) as caught:
        build_index(source, tmp_path, NOW)
    assert caught.value.exit_code == Exit.UNKNOWN
    assert any(each in str(caught.value) for each in reason.split("|"))
    assert "\x1b" not in str(caught.value)
    assert names(open_index(source, tmp_path), "oil") == ["PYSEC-1"]
    assert [path.name for path in tmp_path.iterdir()] == [index_path(source, tmp_path).name]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (DownloadLimits(zipped=100), "it is larger than 100 bytes"),
        (DownloadLimits(seconds=-1), "the download took longer than -1 seconds"),
        (DownloadLimits(records=1), "it has more than 1 records"),
        (DownloadLimits(record=100), "PYSEC-1.json is larger than 100 bytes when unpacked"),
        (DownloadLimits(unpacked=300), "it is larger than 300 bytes when unpacked"),
    ],
)
def test_an_export_beyond_a_limit_is_refused(tmp_path: Path, limits: DownloadLimits, reason: str) -> None:
    source = AdvisorySource(str(write_zip(tmp_path / "all.zip", OIL, WICK)))
    with pytest.raises(EvenfallError, match=reason):
        build_index(source, tmp_path / "cache", NOW, limits)
    assert list((tmp_path / "cache").iterdir()) == []


def refusal(source: AdvisorySource, folder: Path) -> str:
    with pytest.raises(EvenfallError) as caught:
        build_index(source, folder, NOW)
    assert caught.value.exit_code == Exit.UNKNOWN
    assert caught.value.hint
    return caught.value.message


def test_a_failed_download_is_an_error_with_the_reason(tmp_path: Path, loopback: Loopback) -> None:
    assert refusal(AdvisorySource(f"{loopback.address}/none.zip"), tmp_path).endswith(
        "/none.zip: the server answered 404"
    )
    loopback.page("/short.zip", GOOD, Content_Length=str(len(GOOD) + 9))
    assert "RemoteProtocolError" in refusal(AdvisorySource(f"{loopback.address}/short.zip"), tmp_path)
    assert "ConnectError" in refusal(AdvisorySource("http://127.0.0.1:1/all.zip"), tmp_path)
    assert "InvalidURL" in refusal(AdvisorySource("http://127.0.0.1:x/all.zip"), tmp_path)
    assert (
        refusal(AdvisorySource(str(tmp_path / "none")), tmp_path)
        == f"advisories: {tmp_path}/none: No such file or directory"
    )


def test_redirects_are_followed_and_an_encoding_is_not_decoded(tmp_path: Path, loopback: Loopback) -> None:
    loopback.page("/there.zip", GOOD)
    build_index(AdvisorySource(loopback.page("/here.zip", b"", 302, Location="/there.zip")), tmp_path, NOW).close()
    source = AdvisorySource(loopback.page("/gzip.zip", b"not gzip at all", Content_Encoding="gzip"))
    assert "it is not a complete zip file" in refusal(source, tmp_path)


def test_passwords_and_tokens_are_never_printed_or_stored(tmp_path: Path, loopback: Loopback) -> None:
    port = loopback.address.rpartition(":")[2]
    loopback.page("/all.zip?sig=hush", GOOD)
    source = AdvisorySource(f"http://ann:hush@127.0.0.1:{port}/all.zip?sig=hush")
    index = build_index(source, tmp_path, NOW)
    assert index.origin.source == f"http://127.0.0.1:{port}/all.zip"
    index.close()
    assert b"hush" not in index_path(source, tmp_path).read_bytes()
    assert "hush" not in refusal(AdvisorySource(f"http://ann:hush@127.0.0.1:{port}/none?sig=hush"), tmp_path)


def test_an_index_that_cant_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    source = AdvisorySource(str(write_zip(tmp_path / "all.zip", OIL)))
    assert "the index can't be written" in refusal(source, tmp_path / "cache")


def test_a_source_is_a_url_or_a_path_relative_to_a_folder(tmp_path: Path) -> None:
    assert parse_source("https://example.org/all.zip", tmp_path).path is None
    assert parse_source("sub/../all.zip", tmp_path).path == tmp_path / "all.zip"
    assert parse_source("~/all.zip", tmp_path).path == Path.home() / "all.zip"


@pytest.mark.parametrize("text", ["a\0b", "~nobody-of-this-name/all.zip"])
def test_an_invalid_path_is_wrong_usage(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvenfallError, match="is not a valid path: ") as caught:
        parse_source(text, tmp_path)
    assert caught.value.exit_code == Exit.USAGE


def test_a_path_that_is_not_utf_8_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a\udcff.zip"
    try:
        write_zip(path, OIL)
    except OSError:
        pytest.skip("this system does not allow such a name")
    index = build_index(AdvisorySource(str(path)), tmp_path / "cache", NOW)
    assert index.origin.source.endswith(r"a\udcff.zip")
    index.close()


@pytest.mark.parametrize("text", ["ftp://example.org/all.zip", "file:///all.zip", "https:///all.zip", "http://["])
def test_another_scheme_is_wrong_usage(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvenfallError, match="is neither an http or https URL nor a path") as caught:
        parse_source(text, tmp_path)
    assert caught.value.exit_code == Exit.USAGE


TWICE = """
import datetime, pathlib, sys
from evenfall.supply_chain.audit.osv_export import build_index
from evenfall.supply_chain.audit.download import AdvisorySource
for _ in range(5):
    index = build_index(AdvisorySource(sys.argv[1]), pathlib.Path(sys.argv[2]), datetime.datetime.now(datetime.UTC))
    assert len(index.advisories(["oil"])["oil"]) == 200
    index.close()
"""


def test_two_updates_can_run_at_once(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "all.zip", *(record(f"PYSEC-{number}", "oil", versions=["1"]) for number in range(200)))
    command = [sys.executable, "-c", TWICE, str(path), str(tmp_path / "cache")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(each.communicate()[1], each.returncode) for each in both] == [("", 0)] * 2
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".sqlite"]

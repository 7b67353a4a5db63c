from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.metadata.release_status import (
    ReleaseStatus,
    UnknownStatus,
    find_statuses,
    unknown_statuses,
)
from tests.supply_chain.index import Index, serving, wheel

pytestmark = pytest.mark.integration

WHEEL, OTHER = "lamp-1.0-py3-none-any.whl", "lamp-1.0-cp313-none-any.whl"


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as server:
        yield server


def lamp(index: Index, *files: DistributionFile) -> LockedPackage:
    wheels = files or (index.add(WHEEL, wheel("lamp")),)
    return LockedPackage(name="Lamp", version="1.0", source=PackageSource(registry=index.registry), wheels=wheels)


def status(package: LockedPackage, folder: Path, *, network: bool = True) -> ReleaseStatus | UnknownStatus:
    (found,) = find_statuses([package], folder, network=network, cache=folder / "status.json")
    return found


@pytest.mark.parametrize("pages", ["json", "html"])
def test_a_yanked_file_and_the_status_of_a_project_are_found_with_their_reasons(
    index: Index, tmp_path: Path, pages: str
) -> None:
    index.pages = "json" if pages == "json" else "html"
    package = lamp(index, index.add(WHEEL, wheel("lamp")), index.add(OTHER, wheel("lamp")))
    index.yanked[OTHER] = "leaks oil"
    index.project_status["lamp"] = ("archived", "see lantern")
    assert status(package, tmp_path) == ReleaseStatus(
        project="archived", project_reason="see lantern", is_yanked=True, yank_reason="leaks oil"
    )


def test_a_quarantined_project_has_no_files(index: Index, tmp_path: Path) -> None:
    package = lamp(index)
    index.files.clear()
    index.project_status["lamp"] = ("quarantined", "")
    assert status(package, tmp_path) == ReleaseStatus(project="quarantined", is_listed=False)


def test_an_answer_is_remembered_for_a_day(index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = lamp(index)
    assert status(package, tmp_path) == ReleaseStatus()
    assert capsys.readouterr().err == "status: asking the index about 1 package\n"
    index.yanked[WHEEL] = ""
    assert status(package, tmp_path) == status(package, tmp_path, network=False) == ReleaseStatus()
    assert index.requests == ["simple/lamp/"]
    cache = tmp_path / "status.json"
    ((key, (time, known)),) = msgspec.json.decode(cache.read_bytes()).items()
    yesterday = datetime.datetime.fromisoformat(time) - datetime.timedelta(days=1)
    for content in (msgspec.json.encode({key: (yesterday, known)}), b"{"):
        cache.write_bytes(content)
        assert status(package, tmp_path) == ReleaseStatus(is_yanked=True)


def test_an_index_that_cannot_be_asked_is_unknown_and_asked_again(index: Index, tmp_path: Path) -> None:
    package = lamp(index)
    index.status = 500
    found = status(package, tmp_path)
    assert isinstance(found, UnknownStatus)
    assert found.reason == f"{index.registry}/lamp/: the server answered 500"
    index.status = None
    assert status(package, tmp_path) == ReleaseStatus()


def test_a_locked_file_that_is_missing_or_has_another_hash_is_not_listed(index: Index, tmp_path: Path) -> None:
    package = lamp(index)
    index.project_status["lamp"] = ("archived", "")
    index.files[WHEEL] += b"changed"
    found = status(package, tmp_path)
    assert found == ReleaseStatus(project="archived", is_listed=False)
    assert isinstance(found, ReleaseStatus)
    assert found.is_incomplete
    index.project_status.clear()
    partly = lamp(index, index.add(WHEEL, wheel("lamp")), DistributionFile(url="https://example.org/x.whl"))
    assert status(partly, tmp_path) == ReleaseStatus(is_listed=False)


def test_a_page_without_files_is_unknown(index: Index, tmp_path: Path) -> None:
    package = lamp(index)
    index.files.clear()
    found = status(package, tmp_path)
    assert isinstance(found, UnknownStatus)
    assert found.reason == f"{index.registry}/lamp/: the index does not list any files"


def test_an_unusable_certificate_makes_every_status_unknown(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", __file__)
    found = status(lamp(index), tmp_path)
    assert isinstance(found, UnknownStatus)
    assert found.reason.startswith("network: SSLError")


def test_the_page_of_find_links_has_the_files_of_all_projects(index: Index, tmp_path: Path) -> None:
    package = lamp(index)
    page = f'<a href="{WHEEL}" data-yanked="leaks">{WHEEL}</a><a href="oil-1.0.tar.gz">oil</a>'
    index.files["wheels.html"] = page.encode()
    flat = msgspec.structs.replace(package, source=PackageSource(registry=f"{index.url}/wheels.html"))
    assert status(flat, tmp_path) == ReleaseStatus(is_yanked=True, yank_reason="leaks")
    oil = msgspec.structs.replace(flat, wheels=(DistributionFile(url="https://example.org/oil-2.0.tar.gz"),))
    found = status(oil, tmp_path)
    assert isinstance(found, UnknownStatus)
    assert found.reason == f"{index.url}/wheels.html/lamp/: the server answered 404"


def test_offline_and_outside_an_index_no_request_is_sent(index: Index, tmp_path: Path) -> None:
    package = lamp(index)
    offline = status(package, tmp_path, network=False)
    assert unknown_statuses([package, package], [offline, ReleaseStatus()]) == (
        "the status on the index of Lamp is unknown: the index is not used offline"
    )
    assert unknown_statuses([package], [ReleaseStatus()]) == ""
    for source in (PackageSource(git="https://example.org/lamp#1"), PackageSource(registry="wheels")):
        assert status(LockedPackage(name="lamp", source=source), tmp_path) == ReleaseStatus()
    assert index.requests == []


def test_a_server_that_cannot_be_reached_is_asked_once(tmp_path: Path) -> None:
    with serving() as stopped:
        packages = [lamp(stopped), msgspec.structs.replace(lamp(stopped), name="oil")]
    found = find_statuses(packages, tmp_path, network=True, cache=tmp_path / "missing" / "status.json")
    assert all(isinstance(each, UnknownStatus) and "ConnectError" in each.reason for each in found)


def test_the_default_cache_is_the_users(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    find_statuses([lamp(index)], tmp_path, network=True)
    assert len([*(tmp_path / "home").rglob("release-status.json")]) == 1

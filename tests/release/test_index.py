from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.release.index import (
    PYPI,
    TESTPYPI,
    AccessDeniedError,
    IndexUrls,
    SimpleIndex,
    index_of_event,
    index_urls,
)
from tests.supply_chain.osv import Loopback


@pytest.fixture
def index(loopback: Loopback) -> SimpleIndex:
    return SimpleIndex(IndexUrls(name="pypi", simple=f"{loopback.address}/simple/", upload=f"{loopback.address}/"))


def test_the_files_of_a_project_have_absolute_addresses(loopback: Loopback, index: SimpleIndex) -> None:
    page = {
        "files": [{"filename": "lamp-1.0.tar.gz", "url": "../../files/lamp-1.0.tar.gz", "hashes": {"sha256": "ab"}}]
    }
    loopback.page("/simple/lamp-oil/", json.dumps(page).encode())
    files = index.files("Lamp.Oil")
    assert files is not None
    assert [(file.url, file.hashes) for file in files] == [
        (f"{loopback.address}/files/lamp-1.0.tar.gz", {"sha256": "ab"})
    ]


def test_an_unknown_project_has_no_page(index: SimpleIndex) -> None:
    assert index.files("lamp") is None


@pytest.mark.parametrize("page", [b'{"files": []}', b"<!DOCTYPE html><html></html>"])
def test_a_project_can_have_no_files(loopback: Loopback, index: SimpleIndex, page: bytes) -> None:
    loopback.page("/simple/lamp/", page)
    assert index.files("lamp") == ()


@pytest.mark.parametrize("page", [b"", b"[]", b'{"message": "quota"}', b"out of order"])
def test_another_answer_is_inconclusive(loopback: Loopback, index: SimpleIndex, page: bytes) -> None:
    loopback.page("/simple/lamp/", page)
    with pytest.raises(EvenfallError) as caught:
        index.files("lamp")
    assert caught.value.exit_code == Exit.UNKNOWN


def test_an_error_of_the_index_is_inconclusive(loopback: Loopback, index: SimpleIndex) -> None:
    loopback.page("/simple/lamp/", b"", status=500)
    with pytest.raises(EvenfallError, match="500") as caught:
        index.files("lamp")
    assert caught.value.exit_code == Exit.UNKNOWN


def test_an_index_of_uv_with_that_name_and_an_upload_address_replaces_the_public_one(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("""
        [[tool.uv.index]]
        name = "testpypi"
        url = "https://index.test/simple"

        [[tool.uv.index]]
        name = "pypi"
        url = "https://index.test/simple"
        publish-url = "https://index.test/upload"
    """)
    assert index_urls(tmp_path, "testpypi", {}) == TESTPYPI
    urls = index_urls(tmp_path, "pypi", {})
    assert urls == IndexUrls(name="pypi", simple="https://index.test/simple", upload="https://index.test/upload")
    assert not urls.is_public


def declare(folder: Path, name: str, url: str, publish_url: str = "https://index.test/upload") -> None:
    """Write a `pyproject.toml` with an index."""
    index = f'[[tool.uv.index]]\nname = "{name}"\nurl = "{url}"\npublish-url = "{publish_url}"\n'
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{folder.name}"\n{index}')


def test_the_public_indexes_are_the_default(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "lamp"\n')
    assert index_urls(tmp_path, "pypi", {}) == PYPI


def test_testpypi_as_the_documentation_of_uv_declares_it_is_the_public_one(tmp_path: Path) -> None:
    declare(tmp_path, "testpypi", "https://test.pypi.org/simple/", "https://test.pypi.org/legacy")
    assert index_urls(tmp_path, "testpypi", {}) == TESTPYPI


def test_a_member_of_a_workspace_has_the_indexes_of_the_workspace(tmp_path: Path) -> None:
    declare(tmp_path, "pypi", "https://index.test/simple")
    lamp = '[[package]]\nname = "lamp"\nsource = { editable = "packages/lamp" }\n'
    (tmp_path / "uv.lock").write_text(f'version = 1\n[manifest]\nmembers = ["lamp"]\n{lamp}')
    member = tmp_path / "packages/lamp"
    member.mkdir(parents=True)
    declare(member, "pypi", "https://other.test/simple")
    assert index_urls(member, "pypi", {}).simple == "https://index.test/simple"


def test_a_uv_toml_replaces_the_indexes_of_pyproject(tmp_path: Path) -> None:
    declare(tmp_path, "pypi", "https://index.test/simple")
    (tmp_path / "uv.toml").write_text(
        '[[index]]\nname = "pypi"\nurl = "https://other.test/simple"\npublish-url = "https://other.test/"\n'
    )
    assert index_urls(tmp_path, "pypi", {}).simple == "https://other.test/simple"


def header(urls: IndexUrls) -> tuple[str, ...]:
    """Return the user name and the password in a first request for a page of an index."""
    assert urls.auth is not None
    request = next(urls.auth.sync_auth_flow(httpx.Request("GET", f"{urls.simple}/lamp/")))
    return tuple(base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().split(":"))


def test_the_credentials_of_an_index_are_in_variables_or_in_its_url_and_never_shown(tmp_path: Path) -> None:
    declare(tmp_path, "pypi", f"https://ada:{'open%40'}@index.test/simple")
    urls = index_urls(tmp_path, "pypi", {})
    assert (urls.simple, urls.credentials) == ("https://index.test/simple", ("ada", "open@"))
    assert header(urls) == urls.credentials
    variables = dict(zip(("UV_INDEX_PYPI_USERNAME", "UV_INDEX_PYPI_PASSWORD"), ("eve", "shut"), strict=True))
    other = index_urls(tmp_path, "pypi", variables)
    assert header(other) == other.credentials == ("eve", "shut")
    assert not any(word in repr(urls) + repr(other) for word in ("open", "shut"))


@pytest.mark.parametrize("status", [401, 403])
def test_an_index_that_needs_a_password_is_inconclusive_and_the_hint_names_the_variables(
    loopback: Loopback, index: SimpleIndex, status: int
) -> None:
    loopback.page("/simple/lamp/", b"", status=status)
    with pytest.raises(AccessDeniedError) as caught:
        index.files("lamp")
    assert caught.value.exit_code == Exit.UNKNOWN
    assert "UV_INDEX_PYPI_PASSWORD" in caught.value.hint


@pytest.mark.parametrize(
    ("event", "index"), [("workflow_dispatch", "testpypi"), ("release", "pypi"), ("push", "pypi"), ("", "pypi")]
)
def test_only_a_run_that_a_person_started_publishes_to_testpypi(event: str, index: str) -> None:
    assert index_of_event({"GITHUB_EVENT_NAME": event}) == index

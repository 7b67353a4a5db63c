from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.metadata.index_client import IndexClient
from evenfall.supply_chain.metadata.package_metadata import MetadataError
from tests.supply_chain.index import Index, metadata, serving, wheel

pytestmark = pytest.mark.integration

WHEEL = "lamp-1.0-py3-none-any.whl"
TEXT = metadata("lamp")


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as server:
        yield server


@pytest.fixture
def client() -> Iterator[IndexClient]:
    with closing(IndexClient(Path())) as made:
        yield made


def lamp(index: Index) -> LockedPackage:
    return LockedPackage(name="Lamp", version="1.0", source=PackageSource(registry=f"{index.registry}/"))


def download(client: IndexClient, file: DistributionFile) -> bytes:
    with client.download(file.url or "") as opened:
        return opened.read()


@pytest.mark.parametrize("pages", ["json", "html"])
def test_the_metadata_file_is_read_if_the_page_of_the_project_lists_it(
    index: Index, client: IndexClient, pages: str
) -> None:
    index.pages = "json" if pages == "json" else "html"
    file = index.add(WHEEL, wheel("lamp"), metadata=TEXT)
    assert client.metadata_file(file, lamp(index)) == TEXT.encode()
    assert index.requests == ["simple/lamp/", f"{WHEEL}.metadata"]


def test_the_url_of_a_metadata_file_keeps_the_query(index: Index, client: IndexClient) -> None:
    file = index.add(WHEEL, wheel("lamp"), metadata=TEXT)
    signed = DistributionFile(url=f"{file.url}?token=1#sha256=2", hash=file.hash)
    assert client.metadata_file(signed, lamp(index)) == TEXT.encode()
    assert index.requests == ["simple/lamp/", f"{WHEEL}.metadata?token=1"]


def test_the_names_of_all_projects_are_not_read_even_if_the_address_of_the_index_has_a_token(
    index: Index, client: IndexClient
) -> None:
    index.pages = "none"
    package = LockedPackage(name="Lamp", version="1.0", source=PackageSource(registry=f"{index.registry}/?token=1"))
    assert client.metadata_file(index.add(WHEEL, wheel("lamp")), package) is None
    assert index.requests[0] == "simple/lamp/?token=1"
    assert not any(path.startswith("simple/?") for path in index.requests)


def test_the_page_of_a_project_is_requested_once(index: Index, client: IndexClient) -> None:
    file = index.add(WHEEL, wheel("lamp"))
    assert client.metadata_file(file, lamp(index)) is None
    assert client.metadata_file(file, lamp(index)) is None
    assert index.requests == ["simple/lamp/"]


@pytest.mark.parametrize("pages", ["json", "html", "none"])
def test_an_index_without_metadata_files_has_none(index: Index, client: IndexClient, pages: str) -> None:
    index.pages = "json" if pages == "json" else "html" if pages == "html" else "none"
    assert client.metadata_file(index.add(WHEEL, wheel("lamp")), lamp(index)) is None


@pytest.mark.parametrize(
    "source", [PackageSource(url="https://example.org/lamp.whl"), PackageSource(registry="wheels")]
)
def test_a_package_that_is_not_from_an_index_has_no_metadata_file(client: IndexClient, source: PackageSource) -> None:
    package = LockedPackage(name="lamp", source=source)
    assert client.metadata_file(DistributionFile(url="https://example.org/lamp.whl"), package) is None


def test_a_metadata_file_with_another_hash_than_the_page_states_is_an_error(index: Index, client: IndexClient) -> None:
    file = index.add(WHEEL, wheel("lamp"), metadata=TEXT)
    index.metadata_files[WHEEL] += b"\n"
    with pytest.raises(MetadataError, match="sha256"):
        client.metadata_file(file, lamp(index))


def test_a_metadata_file_of_another_distribution_than_the_locked_one_is_ignored(
    index: Index, client: IndexClient
) -> None:
    file = index.add(WHEEL, wheel("lamp"), metadata=TEXT)
    locked = DistributionFile(url=file.url, hash="sha256:0123")
    assert client.metadata_file(locked, lamp(index)) is None


def test_a_lock_without_hashes_takes_the_metadata_file_of_the_index(index: Index, client: IndexClient) -> None:
    url = index.add(WHEEL, wheel("lamp"), metadata=TEXT).url
    assert client.metadata_file(DistributionFile(url=url), lamp(index)) == TEXT.encode()


def test_a_distribution_is_downloaded_as_it_is(index: Index, client: IndexClient) -> None:
    content = wheel("lamp", padding=100_000)
    assert download(client, index.add(WHEEL, content)) == content


def test_a_download_larger_than_the_limit_is_an_error(index: Index) -> None:
    file = index.add(WHEEL, wheel("lamp"))
    with (
        closing(IndexClient(Path(), largest=100)) as client,
        pytest.raises(MetadataError, match="larger than 100 bytes"),
    ):
        download(client, file)


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_http_error_is_the_reason(index: Index, client: IndexClient, status: int) -> None:
    file = index.add(WHEEL, wheel("lamp"))
    index.status = status
    with pytest.raises(MetadataError, match=str(status)) as caught:
        download(client, file)
    assert str(file.url) in str(caught.value)


def test_an_unreachable_server_is_the_reason_and_not_asked_again(client: IndexClient) -> None:
    with serving() as stopped:
        files = [stopped.add(name, wheel("lamp")) for name in (WHEEL, "lamp-1.0.tar.gz")]
    for file in files:
        with pytest.raises(MetadataError, match=r"http://127\.0\.0\.1:\d+/lamp.*: .+"):
            download(client, file)


def test_an_invalid_url_is_the_reason(client: IndexClient) -> None:
    with pytest.raises(MetadataError):
        download(client, DistributionFile(url="http://[/lamp-1.0-py3-none-any.whl"))


def test_no_request_is_sent_after_the_deadline(index: Index) -> None:
    file = index.add(WHEEL, wheel("lamp"))
    with closing(IndexClient(Path(), seconds=-1)) as client, pytest.raises(MetadataError, match="time limit"):
        download(client, file)
    assert index.requests == []


def test_the_netrc_file_has_the_credentials_of_an_index(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.password = "Basic " + base64.b64encode(b"me:open sesame").decode()
    file = index.add(WHEEL, wheel("lamp"), metadata=TEXT)
    credentials = tmp_path / "netrc"
    credentials.write_text('machine 127.0.0.1 login me password "open sesame"\n', encoding="utf-8")
    credentials.chmod(0o600)
    monkeypatch.setenv("NETRC", str(credentials))
    with closing(IndexClient(Path())) as client:
        assert client.metadata_file(file, lamp(index)) == TEXT.encode()
        assert download(client, file) == index.files[WHEEL]


def test_without_a_netrc_file_no_credentials_are_sent(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    index.password = " ".join(("Basic", "x"))
    with closing(IndexClient(Path())) as client, pytest.raises(MetadataError, match="401"):
        download(client, index.add(WHEEL, wheel("lamp")))


@pytest.mark.skipif(sys.platform == "win32", reason="every user has a home there")
def test_a_netrc_file_in_a_folder_named_tilde_is_not_the_users(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user without a home directory has no netrc file, and `~` stays as it is."""
    import pwd

    def no_user(_: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", no_user)
    for name in ("HOME", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / ".netrc").write_text("machine 127.0.0.1 login me password " + "sesame")
    monkeypatch.chdir(tmp_path)
    index.password = " ".join(("Basic", base64.b64encode(b"me:sesame").decode()))
    with closing(IndexClient(Path())) as client, pytest.raises(MetadataError, match="401"):
        download(client, index.add(WHEEL, wheel("lamp")))


def test_an_answer_to_a_wrong_password_says_that_it_was_rejected(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password " + "wrong", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    index.password = " ".join(("Basic", "x"))
    with (
        closing(IndexClient(Path())) as client,
        pytest.raises(MetadataError, match="rejected the credentials with 401"),
    ):
        download(client, index.add(WHEEL, wheel("lamp")))


def test_an_invalid_netrc_file_is_an_error(
    index: Index, client: IndexClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "netrc"
    broken.write_text("machine 127.0.0.1 pass", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(broken))
    index.status = 401
    with pytest.raises(EvenfallError) as caught:
        download(client, index.add(WHEEL, wheel("lamp")))
    assert caught.value.exit_code == Exit.USAGE
    assert str(broken) in caught.value.message

from __future__ import annotations

import html
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.release.credentials import Credentials, find_credentials
from evenfall.release.index import IndexUrls
from evenfall.release.upload import UploadFailedError, UploadRefusedError, upload_file
from tests.release.distributions import write_wheel
from tests.release.upload_server import MINTED, RUN_TOKEN, UploadServer, serving

pytestmark = pytest.mark.integration

TOKEN = "pypi-planted-token"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[UploadServer]:
    with serving(tmp_path) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server


def urls(address: str) -> IndexUrls:
    return IndexUrls(name="pypi", simple=f"{address}/simple/", upload=f"{address}/legacy/")


def send(tmp_path: Path, address: str, credentials: Credentials, *, attestation: str = "") -> None:
    wheel = write_wheel(tmp_path)
    upload_file(tmp_path, wheel.name, attestation=attestation, urls=urls(address), credentials=credentials)


def test_trusted_publishing_uses_the_token_for_the_run(server: UploadServer, tmp_path: Path) -> None:
    send(tmp_path, server.address, find_credentials("pypi"))
    assert server.passwords == [f"__token__:{MINTED}"]
    assert server.burned == [MINTED]


def test_an_attestation_is_uploaded_only_with_its_file(server: UploadServer, tmp_path: Path) -> None:
    name = "lamp-1.0-py3-none-any.whl.publish.attestation"
    (tmp_path / name).write_text('"planted"')
    send(tmp_path, server.address, find_credentials("pypi"), attestation=name)
    send(tmp_path, server.address, find_credentials("pypi"))
    assert [b'["planted"]' in body for body in server.uploads] == [True, False]


def test_a_run_that_the_index_does_not_trust_is_an_error_that_names_the_trusted_publisher(
    server: UploadServer, tmp_path: Path
) -> None:
    server.trusts_the_run = False
    with pytest.raises(EvenfallError, match="invalid-publisher") as caught:
        send(tmp_path, server.address, find_credentials("pypi"))
    assert caught.value.exit_code == Exit.USAGE
    assert RUN_TOKEN not in str(caught.value)
    assert server.uploads == []


def test_no_answer_about_the_run_can_be_tried_again(server: UploadServer, tmp_path: Path) -> None:
    with pytest.raises(UploadFailedError):
        send(tmp_path, "https://127.0.0.1:9", find_credentials("pypi"))


def test_the_token_is_in_no_command_line(server: UploadServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYPI_API_TOKEN", TOKEN)
    send(tmp_path, server.address, find_credentials("pypi"))
    assert server.passwords == [f"__token__:{TOKEN}"]
    assert TOKEN not in server.processes
    if sys.platform == "linux":
        assert "publish --no-config" in server.processes


def test_a_server_that_repeats_the_secrets_does_not_make_them_public(server: UploadServer, tmp_path: Path) -> None:
    secret = "a<b>&c"
    credentials = Credentials(source="the token", environ={"UV_PUBLISH_TOKEN": secret})
    server.refusal = f"<title>no</title><p>{html.escape(secret)} or {secret} is not valid for this"
    with pytest.raises(UploadRefusedError, match="is not valid for this") as caught:
        send(tmp_path, server.address, credentials)
    assert not any(text in str(caught.value) for text in ("a<b", "&c", "&lt;", "<p>"))


@pytest.mark.parametrize(("name", "value"), [("UV_PUBLISH_CHECK_URL", "http://127.0.0.1:9/"), ("UV_WORKING_DIR", "/")])
def test_variables_of_the_user_do_not_change_the_upload(
    server: UploadServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    send(tmp_path, server.address, find_credentials("pypi"))
    assert len(server.uploads) == 1


def test_a_folder_may_look_like_a_pattern(server: UploadServer, tmp_path: Path) -> None:
    folder = tmp_path / "a [b] *"
    folder.mkdir()
    send(folder, server.address, find_credentials("pypi"))
    assert len(server.uploads) == 1


def test_a_skipped_file_is_an_error(server: UploadServer, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "Lamp.Oil")
    with pytest.raises(EvenfallError) as caught:
        upload_file(
            tmp_path, wheel.name, attestation="", urls=urls(server.address), credentials=find_credentials("pypi")
        )
    assert caught.value.exit_code == Exit.UNKNOWN

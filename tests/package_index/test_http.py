from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.http import HttpError, new_client, open_url, send
from tests.supply_chain.osv import Loopback

VARIABLES = (
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "all_proxy",
    "https_proxy",
    "http_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


@pytest.fixture(autouse=True)
def no_network_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "foo://x/?sig=SECRET"),
        ("HTTP_PROXY", "http://user:SECRET/@proxy.example.org"),
        ("NO_PROXY", "localhost,fe80::/10"),
        ("SSL_CERT_FILE", "/nonexistent/ca.pem"),
        ("SSL_CERT_FILE", os.fspath(Path(__file__))),
    ],
)
def test_an_unusable_network_variable_is_an_error_with_exit_code_3(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(EvenfallError, match=r"^network: ") as caught:
        new_client(seconds=1)
    assert caught.value.exit_code == Exit.UNKNOWN
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("kind", ["http", "socks5", "socks5h"])
def test_every_kind_of_proxy_that_uv_accepts_is_accepted(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{kind}://127.0.0.1:1")
    new_client(seconds=1).close()


def test_a_download_follows_redirects_and_decodes_nothing(loopback: Loopback) -> None:
    loopback.page("/target", b"not gzip at all", Content_Encoding="gzip")
    link = loopback.page("/link", b"", 302, Location="/target")
    with new_client(seconds=9) as client, open_url(client, link) as response:
        assert b"".join(response.iter_raw()) == b"not gzip at all"


def test_a_failed_download_names_the_reason(loopback: Loopback) -> None:
    short = loopback.page("/short", b"short", Content_Length="99")
    reasons = {
        f"{loopback.address}/none": "the server answered 404",
        short: "RemoteProtocolError",
        "http://127.0.0.1:1/": "ConnectError",
        "http://127.0.0.1:x/": "InvalidURL",
    }
    with new_client(seconds=9) as client:
        for url, reason in reasons.items():
            with pytest.raises(HttpError, match=reason), open_url(client, url) as response:
                response.read()


def test_a_request_of_any_method_gets_its_response_with_any_status(loopback: Loopback) -> None:
    with new_client(seconds=9) as client:
        response = send(client, client.build_request("GET", loopback.page("/busy", b"later", status=503)))
    assert (response.status_code, response.content) == (503, b"later")


def test_a_request_without_a_response_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with new_client(seconds=9) as client, pytest.raises(HttpError) as caught:
        send(client, client.build_request("POST", f"http://127.0.0.1:{port}/", json={}))
    assert caught.value.status is None

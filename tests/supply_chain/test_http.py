from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.http import new_client

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
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No way out but what a test names."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "foo://x"),
        ("NO_PROXY", "localhost,fe80::/10"),
        ("SSL_CERT_FILE", "/nonexistent/ca.pem"),
        ("SSL_CERT_FILE", os.fspath(Path(__file__))),
    ],
)
def test_a_variable_that_can_not_be_is_said_and_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(EvenfallError, match=r"^network: ") as caught:
        new_client(seconds=1)
    assert caught.value.exit_code == Exit.UNKNOWN


def test_a_proxy_of_every_kind_that_uv_takes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("http", "socks5", "socks5h"):
        monkeypatch.setenv("ALL_PROXY", f"{kind}://127.0.0.1:1")
        new_client(seconds=1).close()

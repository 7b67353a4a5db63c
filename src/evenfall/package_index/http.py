"""The edge to the network: HTTP with the certificates that this machine trusts and the proxies that its variables name."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import httpx

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.address import shown_addresses

HEADERS = {"User-Agent": "evenfall", "Accept-Encoding": "identity"}
"""No compression, because a small compressed body can unpack to any size, and hashes are those of the file itself."""

CONNECT_SECONDS = 10
"""The maximum number of seconds for a connection, because a firewall may drop all packets, and the user waits."""


class HttpError(Exception):
    """A file could not be downloaded; the text is the reason, and `status` the HTTP status if the server answered."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


def new_client(*, seconds: float, auth: httpx.Auth | None = None) -> httpx.Client:
    """Return a client that follows redirects; `seconds` is how long a server may send nothing.

    Raises `EvenfallError` (unknown) if a variable of this machine has an unusable certificate or proxy.
    """
    try:
        context = _ssl_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        return httpx.Client(verify=context, auth=auth, headers=HEADERS, follow_redirects=True, timeout=timeout)
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:  # invalid certificates, an invalid proxy
        raise EvenfallError(
            f"network: {_reason(error)}",
            hint="correct the variable: SSL_CERT_FILE, SSL_CERT_DIR, ALL_PROXY, HTTPS_PROXY, HTTP_PROXY or NO_PROXY",
            exit_code=Exit.UNKNOWN,
        ) from error


@cache
def _ssl_context(file: str | None, folder: str | None) -> ssl.SSLContext:  # noqa: ARG001 - the variables that httpx reads
    """Return the context of all clients, because it takes longer to make than many a request."""
    context = httpx.create_ssl_context()
    context.load_default_certs()  # the certificate authorities of this machine, in addition to certifi's
    return context


@contextmanager
def open_url(client: httpx.Client, url: str, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
    """Open the response to a GET request, whose body is not read yet.

    Raises `HttpError` if the server can't be reached, answers with an error, or breaks off.
    """
    try:
        with client.stream("GET", url, headers=headers) as response:
            if not response.is_success:
                status = response.status_code
                is_rejected = status in {401, 403} and "Authorization" in response.request.headers
                did = "rejected the credentials with" if is_rejected else "answered"
                raise HttpError(f"the server {did} {status}", status=status)
            yield response
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise HttpError(_reason(error)) from error


def send(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Return the response to a request of any method, with any status, and its body. Raises `HttpError` if there is no response."""
    try:
        return client.send(request)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise HttpError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """Return the reason of a failure. That of an invalid URL quotes a part of it, which can be a password."""
    name = type(error).__name__
    return name if isinstance(error, httpx.InvalidURL) else shown_addresses(f"{name}: {error}")

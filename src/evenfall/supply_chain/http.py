"""The edge to the network: what this machine trusts, and the way out that its variables name."""

from __future__ import annotations

import httpx

from evenfall.errors import EvenfallError, Exit


def new_client(*, seconds: float, auth: httpx.Auth | None = None) -> httpx.Client:
    """A client that follows redirections; `seconds` is how long a server may be silent.

    Raises `EvenfallError` (unknown) where the machine's settings let none be made.
    """
    try:
        context = httpx.create_ssl_context()
        context.load_default_certs()  # what this machine trusts beside the usual authorities
        return httpx.Client(verify=context, auth=auth, follow_redirects=True, timeout=seconds)
    except (
        OSError,
        ValueError,
        ImportError,
        httpx.InvalidURL,
    ) as error:  # certificates that are none, a proxy that is none
        raise EvenfallError(
            f"network: {error}",
            hint="correct the variable that says so: SSL_CERT_FILE, SSL_CERT_DIR, ALL_PROXY, HTTPS_PROXY, HTTP_PROXY or NO_PROXY",
            exit_code=Exit.UNKNOWN,
        ) from error

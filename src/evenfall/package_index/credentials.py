"""The credentials for a private index, from the places where uv finds them: https://docs.astral.sh/uv/concepts/authentication/"""

from __future__ import annotations

import netrc
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from evenfall.errors import EvenfallError


def index_credentials(name: str, environ: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """Return the user name and the password in `UV_INDEX_NAME_USERNAME` and `UV_INDEX_NAME_PASSWORD`, or None without them."""
    prefix = f"UV_INDEX_{re.sub('[^A-Z0-9]', '_', name.upper())}"
    user, password = environ.get(f"{prefix}_USERNAME", ""), environ.get(f"{prefix}_PASSWORD", "")
    return (user, password) if user or password else None


def url_credentials(url: str) -> tuple[str, str] | None:
    """Return the user name and the password in a URL, or None without them."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return (user, password) if user or password else None


def netrc_auth() -> httpx.Auth | None:
    """Return the credentials of the file that uv and pip read, too. Raises `EvenfallError` (usage) if it is invalid."""
    file = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")  # noqa: PTH111 - the path stays as it is without a home
    try:
        return httpx.NetRCAuth(file) if not file.startswith("~") and Path(file).is_file() else None
    except (netrc.NetrcParseError, OSError) as error:
        raise EvenfallError(f"{file}: {error}", hint="correct the file, or set NETRC to another one") from error

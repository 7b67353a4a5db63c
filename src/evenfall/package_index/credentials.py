"""The credentials for a private index, from the places where uv finds them: https://docs.astral.sh/uv/concepts/authentication/"""

from __future__ import annotations

import netrc
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from evenfall.errors import EvenfallError

Credentials = tuple[str, str]
"""A user name and a password, of which one may be empty."""

_USER_INFO = re.compile(r"(\w[\w+.-]*://)([^/?#]*)@")


def index_credentials(name: str, environ: Mapping[str, str] = os.environ) -> Credentials | None:
    """Return the user name and the password in `UV_INDEX_NAME_USERNAME` and `UV_INDEX_NAME_PASSWORD`, or None without them."""
    prefix = index_prefix(name)
    user, password = environ.get(f"{prefix}_USERNAME", ""), environ.get(f"{prefix}_PASSWORD", "")
    return (user, password) if user or password else None


def index_prefix(name: str) -> str:
    """Return the beginning of the names of the variables with the credentials for an index."""
    return f"UV_INDEX_{re.sub('[^A-Z0-9]', '_', name.upper())}"


def split_url(url: str) -> tuple[str, Credentials | None]:
    """Return a URL without its user name and password, and these, or None without them."""
    found = _USER_INFO.match(url)
    if found is None:
        return url, None
    user, _, password = found[2].partition(":")
    return f"{found[1]}{url[found.end() :]}", (unquote(user), unquote(password)) if user or password else None


def netrc_credentials(host: str, user: str = "") -> Credentials | None:
    """Return the credentials of the file that uv and pip read, too, for a host, and for a user if one is given.

    Raises `EvenfallError` (usage) if the file is invalid.
    """
    file = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")  # noqa: PTH111 - the path stays as it is without a home
    if file.startswith("~") or not Path(file).is_file():
        return None
    try:
        found = netrc.netrc(file).authenticators(host)
    except (netrc.NetrcParseError, OSError) as error:
        raise EvenfallError(f"{file}: {error}", hint="correct the file, or set NETRC to another one") from error
    return (found[0], found[2] or "") if found and user in {"", found[0]} else None

"""Clean text and addresses from a lock or from package metadata, which may try to attack the reader of a document."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

MAX_LENGTH = 1000
"""The maximum number of characters of a text. The license field may contain the whole text of a license."""

# A DNS name, which in a private network may contain an underscore, or an IPv6 address in brackets.
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9a-f:.]+\]")
_PATH = "/:@!$&()*+,;=~-._"


def clean_line(text: str) -> str:
    """Return the text as one line of at most `MAX_LENGTH` characters, without control, format and surrogate characters."""
    spaced = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_LENGTH])
    return " ".join(spaced.split())[:MAX_LENGTH]


def web_address(url: str) -> str | None:
    """Return a web address in ASCII (RFC 3986) without a user name and password. Return None if the text is not a web address."""
    try:
        parts = urlsplit(url.strip())
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    host = f"[{name}]" if ":" in name else name
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return None
    query = f"?{_quoted(parts.query)}" if parts.query else ""
    fragment = f"#{_quoted(parts.fragment)}" if parts.fragment else ""
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{_quoted(parts.path)}{query}{fragment}"


def _quoted(text: str) -> str:
    """Return the text percent-encoded; escape sequences that it already contains are kept."""
    return "".join(
        part if re.fullmatch(r"%[0-9A-Fa-f]{2}", part) else quote(part, safe=_PATH + "?", errors="replace")
        for part in re.split(r"(%[0-9A-Fa-f]{2})", text)
    )

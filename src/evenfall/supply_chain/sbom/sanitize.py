"""What a lock or a package says, as a document may hold it: any of it may be meant to harm whoever reads it."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

LONGEST = 1000
"""Characters of a text that are kept; a license may be a whole file, pasted into one field."""

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9a-f:.]+\]")
"""A name, which a network of one's own may give an underscore, or an address of IPv6 in its brackets."""
_PATH = "/:@!$&()*+,;=~-._"


def cleaned(text: str) -> str:
    """One line without control, format and surrogate characters, of bounded length."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST]).split())[:LONGEST]


def address(url: str) -> str | None:
    """A web address of ASCII characters (RFC 3986) without a user's name and password; `None` where it is none."""
    try:
        parts = urlsplit(url.strip())
        named, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    host = f"[{named}]" if ":" in named else named
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return None
    query = f"?{_quoted(parts.query)}" if parts.query else ""
    fragment = f"#{_quoted(parts.fragment)}" if parts.fragment else ""
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{_quoted(parts.path)}{query}{fragment}"


def _quoted(text: str) -> str:
    """Percent-encoded, what is so already left alone."""
    return "".join(
        part if re.fullmatch(r"%[0-9A-Fa-f]{2}", part) else quote(part, safe=_PATH + "?", errors="replace")
        for part in re.split(r"(%[0-9A-Fa-f]{2})", text)
    )

"""Addresses, and the one form of them that leaves the program: nothing in it may be a password or a token."""

from __future__ import annotations

import re

_URL = re.compile(r"(?:ssh)?://[^\s\"<>`]*[^\s\"<>`:;,.!')\]}]", re.IGNORECASE)
"""A URL in a text, from the end of its scheme on, without the punctuation of the sentence around it."""
_AUTHORITY = re.compile(r"(?:([^/?#]*)@)?((?:[^/?#:@\[\]]*|\[[^/?#@\[\]]*\])(?::\d*)?)(?=[/?#]|$)")
"""The user name and password of a URL, and its host and port."""
_INVALID_AUTHORITY = re.compile(r"(.*)@([^/?#]*)", re.DOTALL)
"""The same, for a password that contains a slash, a question mark or a number sign, which a URL does not allow."""
_SCP = re.compile(r"([^:/@\\]+):.*@(?=[^:/@\\]+:)", re.DOTALL)
"""User name and password of an address in the form that scp and git accept, such as `git@example.org:oil.git`."""
_PUBLIC = ("egg=", "subdirectory=", "sha256=")
"""The parts of a fragment that are not secret."""


def is_remote(location: str | None) -> bool:
    """Return whether a location is on a server. A registry, like a distribution, can also be in a folder of this machine."""
    return (location or "").startswith(("http://", "https://"))


def shown_address(address: str) -> str:
    """Return an address as it may be shown: without a password, a query, and the parts of a fragment that may be secret.

    A URL loses its user name, too, which is often a token; an SSH URL and an address such as `git@example.org:oil.git` keep it. A path
    is returned unchanged.
    """
    scheme, mark, rest = address.partition("://")
    if not mark:
        scp = _SCP.match(address)
        return f"{scp[1]}@{address[scp.end() :]}" if scp else address
    found = _AUTHORITY.match(rest) or _INVALID_AUTHORITY.match(rest)
    user, host, rest = (found[1], found[2], rest[found.end() :]) if found else (None, "", rest)
    path, _, fragment = rest.partition("#")
    kept = f"{user.partition(':')[0]}@" if user is not None and scheme.lower().endswith("ssh") else ""
    public = "&".join(part for part in fragment.split("&") if part.startswith(_PUBLIC))
    return f"{scheme}://{kept}{host}{path.partition('?')[0]}{f'#{public}' if public else ''}"


def shown_addresses(text: str) -> str:
    """Return a text, such as the message of another program, with each URL in it as `shown_address` returns it."""
    return _URL.sub(lambda found: shown_address(found[0]), text)

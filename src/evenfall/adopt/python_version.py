"""The Pythons that a workflow names, in the notation of Evenfall: `3.13`, `3.13t`, `pypy3.11`."""

from __future__ import annotations

import re

_VERSION = re.compile(r"(?:cpython-?|python-?|~|==|\^)?(\d+\.\d+)(?:\.\d+)?(t?)(?:$|[-\s.abr].*)")
_OTHER = re.compile(r"(pypy|graalpy)-?(\d+\.\d+|\d+)(?:[-.].*|$)")


def python_version(text: str) -> str:
    """Return the version that a text such as `3.14-dev`, `pypy-3.10-v7.3` or `3.13t` names; empty for `3.x` and other ranges."""
    text = text.strip().lower()
    if other := _OTHER.match(text):
        return f"{other[1]}{other[2]}"
    found = _VERSION.match(text)
    return f"{found[1]}{'t' if found[2] or 'freethreaded' in text else ''}" if found else ""

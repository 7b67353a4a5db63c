"""Text that may come from a repository, made safe to show on one line or in a terminal; and suggestions for misspelled names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_PRINTED = "\n\t\N{NO-BREAK SPACE}"


def printable(text: str) -> str:
    """Return the text with every control character except newline and tab replaced by its escape sequence."""
    return "".join(c if c.isprintable() or c in _PRINTED else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """Return the text as `printable` does, on a single line, so that it can't be mistaken for a line of Evenfall's own."""
    return " ".join(printable(text).split())


def and_more(names: Sequence[str], limit: int = 5) -> str:
    """Return the first names of a list and the number of the others, such as `a.py, b.py and 3 more`."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def plural(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 package`, `2 packages` or `2 advisories`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if re.search("[^aeiou]y$", noun) else f"{number} {noun}s"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a suggestion for an unknown name, such as `; did you mean 'tests'?`, or the list of known names."""
    import difflib  # slow to import, and rarely needed

    names = tuple(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; expected one of: {', '.join(names)}"

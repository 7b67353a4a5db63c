"""Markdown for a job's summary or a pull request: https://github.github.com/gfm/. What comes from elsewhere can't format anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evenfall.errors import printable


def escaped(text: str) -> str:
    """Text as one line that reads as it is written: no markup, no HTML, no link, no mention."""
    line = printable(" ".join(text.split()))
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return re.sub(r"(https?)://", r"\1&#58;//", re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", line))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; see `escaped`."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""Markdown for a job's summary or a pull request: https://github.github.com/gfm/. What comes from elsewhere can't format anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evenfall.text import printable


def escaped(text: str) -> str:
    """Text as one line that reads as it is written: no markup, no HTML, no link, no mention."""
    line = re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", printable(" ".join(text.split())))
    for sign, entity in _ENTITIES.items():
        line = line.replace(sign, entity)
    return line


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "://": "&#58;//", "www.": "www&#46;"}
"""In this order; GitHub makes links of bare addresses too."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of jobs that are Markdown already; see `escaped`."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

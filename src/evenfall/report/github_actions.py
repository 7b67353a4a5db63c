"""The output that GitHub Actions renders: annotations, the job summary, and the Markdown in it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from evenfall.results import Failed, Inconclusive, JobResult
from evenfall.text import printable


def annotate(result: JobResult) -> Iterator[str]:
    """Yield an error for a failed job and a warning for an inconclusive one.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    if isinstance(result.result, Failed | Inconclusive):
        level = "error" if isinstance(result.result, Failed) else "warning"
        message = "\n".join((result.reason, *result.notes, *result.causes))
        yield f"::{level} title={_escape_property(result.job)}::{_escape_data(message)}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def add_to_summary(markdown: str) -> None:
    """Append Markdown to the job summary, if there is one. A summary that can't be written is reported on stderr and changes no result.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(markdown)
    except OSError as error:
        sys.stderr.write(printable(f"GITHUB_STEP_SUMMARY: {path}: can't be written: {error.strerror}") + "\n")


def escape_markdown(text: str) -> str:
    """Return text as one line of Markdown that shows it literally: no markup, HTML, link or mention (https://github.github.com/gfm/)."""
    line = re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", printable(" ".join(text.split())))
    for characters, entity in _ENTITIES.items():
        line = line.replace(characters, entity)
    return line


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "://": "&#58;//", "www.": "www&#46;"}
"""Replaced in this order. The last two prevent the links that GitHub makes of bare addresses."""


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts, which are escaped as by `escape_markdown`."""
    lines = [head, ["---"] * len(head), *(map(escape_markdown, row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""Annotations of a run inside GitHub Actions: https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""

from __future__ import annotations

from collections.abc import Iterator

from evenfall.report.outcome import Outcome
from evenfall.verdicts import Failed, Undecided


def annotated(outcome: Outcome) -> Iterator[str]:
    """A line for what failed, and one for what could not be found out."""
    level = "error" if isinstance(outcome.verdict, Failed) else "warning"
    if isinstance(outcome.verdict, Failed | Undecided):
        message = "\n".join((outcome.reason, *outcome.notes))
        yield f"::{level} title={_property(outcome.name)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

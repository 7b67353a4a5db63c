"""Annotations of a run inside GitHub Actions: https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""

from __future__ import annotations

from collections.abc import Iterator

from evenfall.report.job_result import JobResult
from evenfall.results import Failed, Inconclusive


def annotated(job_result: JobResult) -> Iterator[str]:
    """A line for what failed, and one for what could not be found out."""
    level = "error" if isinstance(job_result.result, Failed) else "warning"
    if isinstance(job_result.result, Failed | Inconclusive):
        message = "\n".join((job_result.reason, *job_result.notes))
        yield f"::{level} title={_property(job_result.name)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

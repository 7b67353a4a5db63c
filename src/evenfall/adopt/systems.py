"""The systems of the tests: those on which the project's own workflows run them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.workflow_facts import JobFacts, read_facts
from evenfall.adopt.workflow_file import read_workflow, triggers_of
from evenfall.pipeline.matrix import systems_of_tests
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.project.settings import LABEL

_EVENTS = frozenset({"push", "pull_request", "pull_request_target", "merge_group", "workflow_call"})
"""The events of a workflow that checks changes."""


def record_systems(adoption: Adoption) -> None:
    """Write the runners of the project's own test jobs to `[tool.evenfall] systems`, and note those that the setting can't name."""
    if "systems" in adoption.project.pyproject.tool_keys("evenfall"):
        return
    labels = tuple(dict.fromkeys(label for job in _test_jobs(adoption.root) for label in job.systems))
    systems = tuple(label for label in labels if re.fullmatch(LABEL, label))
    for label in labels:
        if label not in systems:
            adoption.notes.append(
                f"your tests run on {label}, which is no single label of a runner, so the session tests does not run there"
            )
    default = systems_of_tests(adoption.project)
    if systems and systems != default:
        adoption.set_settings({"systems": list(systems)})
    else:
        adoption.notes.append(
            f"the tests run on {', '.join(default)} only; for others: "
            '[tool.evenfall] systems = ["ubuntu-latest", "macos-latest", "windows-latest"]'
        )


def _test_jobs(root: Path) -> Iterator[JobFacts]:
    """Yield the jobs with tests in the project's own workflows that check changes."""
    for path in own_workflows(root):
        if _EVENTS & {*triggers_of(read_workflow(root / path))}:
            yield from (job for job in read_facts(root, path) if job.runs_tests)

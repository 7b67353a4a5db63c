"""How many jobs CI runs before and after an adoption, and what they cost at least in a private repository.

A job is billed by the started minute, macOS tenfold and Windows twofold:
https://docs.github.com/en/billing/reference/actions-minute-multipliers
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenfall.adopt.workflow_facts import read_facts
from evenfall.pipeline.gates import CHECK_WORKFLOWS, WORKFLOWS, file_name
from evenfall.pipeline.marker import is_generated, read_text
from evenfall.pipeline.model import Pipeline
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.pipeline.workflow_file import read_workflow, triggers_of

_MULTIPLIERS = {"windows": 2, "macos": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCount:
    """The jobs that one run of a workflow has: the label of the runner of each."""

    path: str
    runners: tuple[str, ...]

    @property
    def jobs(self) -> int:
        """The number of jobs."""
        return len(self.runners)

    @property
    def minutes(self) -> int:
        """The minutes that a private repository pays at least: one for each job on a runner of GitHub, times its multiplier."""
        return sum(_minutes(label) for label in self.runners)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCounts:
    """The workflows that run for a change, before and after the adoption."""

    before: tuple[JobCount, ...] = ()
    after: tuple[JobCount, ...] = ()


NO_JOBS = JobCounts()
"""The jobs of a plan that generates no workflow."""


def job_counts(root: Path, pipeline: Pipeline, replaced: Iterable[str]) -> JobCounts:
    """Return the jobs of the project's own workflows, and those of the ones that stay and of the generated ones.

    A project that has generated workflows already has no jobs before the adoption to compare with.
    """
    if any(is_generated(read_text(file)) for file in (root / WORKFLOWS).glob("*.yml")):
        return NO_JOBS
    before = tuple(_own(root))
    kept = (count for count in before if count.path not in {*replaced})
    return JobCounts(before=before, after=(*kept, *_generated(pipeline)))


def _own(root: Path) -> Iterator[JobCount]:
    for path in own_workflows(root):
        if runs_for_a_change(triggers_of(read_workflow(root / path))):
            yield JobCount(path=path, runners=tuple(label for job in read_facts(root, path) for label in job.runners))


def runs_for_a_change(events: Mapping[str, Any]) -> bool:
    """Return whether a pull request or a push to a branch starts a workflow; a push of a tag does not count."""
    push = events.get("push")
    is_tag = isinstance(push, dict) and "tags" in push and "branches" not in push
    return bool({"pull_request", "pull_request_target", "merge_group"} & {*events}) or ("push" in events and not is_tag)


def _generated(pipeline: Pipeline) -> Iterator[JobCount]:
    for workflow in CHECK_WORKFLOWS:
        labels = [
            system
            for session in pipeline.in_workflow(workflow)
            for _ in session.jobs
            for system in session.facts.systems
            if not session.facts.events
        ]
        labels += ["ubuntu-latest" for job in pipeline.hosted_jobs if job.workflow == workflow and not job.events]
        if workflow in pipeline.workflows:
            path = f"{WORKFLOWS}/{file_name(workflow, pipeline)}"
            yield JobCount(path=path, runners=(*labels, "ubuntu-latest"))  # the last one is the gate


def _minutes(label: str) -> int:
    if "self-hosted" in label:
        return 0
    return _MULTIPLIERS.get(label.partition("-")[0].lower(), 1)

"""The names of the jobs that the workflows have, as GitHub shows them as checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenfall.input_file import mapping_at
from evenfall.pipeline.gates import gate_name
from evenfall.pipeline.model import Pipeline
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.pipeline.workflow_file import jobs_of, read_workflow


@dataclass(frozen=True, slots=True)
class JobNames:
    """`names` are the jobs of the pipeline. `patterns` are regular expressions for those of the workflows that a person wrote."""

    names: frozenset[str]
    patterns: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        """Return whether a job can report a check of this name."""
        return name in self.names or any(re.fullmatch(pattern, name, re.DOTALL) for pattern in self.patterns)


def job_names(root: Path, pipeline: Pipeline) -> JobNames:
    """Return the jobs of all workflows in a work tree."""
    return JobNames(
        names=frozenset(pipeline_jobs(pipeline)),
        patterns=tuple(pattern for path in own_workflows(root) for pattern in _patterns(read_workflow(root / path))),
    )


def pipeline_jobs(pipeline: Pipeline) -> Iterator[str]:
    """Yield the names of the jobs of the generated workflows, and of their gates."""
    for session in pipeline.sessions:
        for job in session.jobs:
            for system in session.facts.systems:
                yield session.job_name(job.name, system)
    for hosted in pipeline.hosted_jobs:
        yield hosted.name
    for workflow in pipeline.workflows:
        yield gate_name(workflow, pipeline)


def _patterns(workflow: Mapping[str, Any]) -> Iterable[str]:
    """Return regular expressions for the names of a workflow's jobs; one for every name if the workflow can't be read."""
    return [_pattern(str(name), job) for name, job in jobs_of(workflow).items()] or [".*"]


def _pattern(identifier: str, job: object) -> str:
    """Return a regular expression for the names of a job. Those of a matrix and of a called workflow have more after the name."""
    name = str(mapping_at(job).get("name") or identifier)
    parts = re.split(r"\$\{\{.*?\}\}", name, flags=re.DOTALL)
    return ".*".join(map(re.escape, parts)) + r"( \(.*\))?( / .*)?"

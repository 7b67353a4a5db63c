"""The jobs of workflows that stay and repeat what the pipeline does, so that these checks run twice."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.losses import Kind, does_something_known, job_losses
from evenfall.adopt.pipeline_checks import PipelineChecks
from evenfall.adopt.publication import publishing_workflow
from evenfall.adopt.workflow_facts import read_facts

_BESIDES = frozenset(
    {Kind.SYSTEM, Kind.PYTHON, Kind.SECRET, Kind.ARTIFACT, Kind.PERMISSION, Kind.VARIABLE, Kind.SYSTEM_PACKAGES}
)
"""What a job can have in addition and still repeat the checks of the pipeline."""


def repeated_jobs(root: Path, path: str, checks: PipelineChecks) -> dict[str, tuple[str, ...]]:
    """Return the jobs of a workflow all of whose checks the pipeline also runs, each with the systems and Pythons that only it has.

    A job that publishes repeats nothing.
    """
    found: dict[str, tuple[str, ...]] = {}
    publishing = publishing_workflow(root, path)
    for job in read_facts(root, path):
        losses = job_losses(job, checks)
        publishes = publishing and job.name.partition(" / ")[0] in publishing.jobs
        if does_something_known(job, checks) and not publishes and all(loss.kind in _BESIDES for loss in losses):
            found[job.name] = tuple(loss.what for loss in losses if loss.kind in {Kind.SYSTEM, Kind.PYTHON})
    return found


def duplicates_note(root: Path, path: str, checks: PipelineChecks) -> str:
    """Return a clause about the jobs that run twice and how to remove them; empty if there are none."""
    jobs = repeated_jobs(root, path, checks)
    if not jobs:
        return ""
    which = f"jobs {', '.join(jobs)} repeat" if len(jobs) > 1 else f"job {', '.join(jobs)} repeats"
    only = ", ".join(dict.fromkeys(what for each in jobs.values() for what in each))
    but = f", though not on {only}" if only else ""
    return f"its {which} sessions of Evenfall, so these checks run twice{but}; delete what you no longer need from it"

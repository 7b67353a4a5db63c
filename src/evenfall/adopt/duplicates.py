"""The jobs of workflows that stay and repeat what the pipeline does, so that these checks run twice."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.losses import Kind, Loss, does_something_known, job_losses
from evenfall.adopt.pipeline_checks import PipelineChecks
from evenfall.adopt.publication import publishing_workflow
from evenfall.adopt.workflow_facts import read_facts

_BESIDES = frozenset(
    {Kind.SYSTEM, Kind.PYTHON, Kind.SECRET, Kind.ARTIFACT, Kind.PERMISSION, Kind.VARIABLE, Kind.SYSTEM_PACKAGES}
)
"""What a job can have in addition and still repeat the checks of the pipeline."""
_PLACES = frozenset({Kind.SYSTEM, Kind.PYTHON})


def repeated_jobs(root: Path, path: str, checks: PipelineChecks) -> dict[str, tuple[Loss, ...]]:
    """Return the jobs of a workflow all of whose checks the pipeline also runs, each with what only it has in addition.

    A job that publishes repeats nothing.
    """
    found: dict[str, tuple[Loss, ...]] = {}
    publishing = publishing_workflow(root, path)
    for job in read_facts(root, path):
        losses = tuple(job_losses(job, checks))
        publishes = publishing and job.name.partition(" / ")[0] in publishing.jobs
        if does_something_known(job, checks) and not publishes and all(loss.kind in _BESIDES for loss in losses):
            found[job.name] = losses
    return found


def duplicates_note(root: Path, path: str, checks: PipelineChecks) -> str:
    """Return a clause about the jobs that run twice and how to remove them; empty if there are none."""
    jobs = repeated_jobs(root, path, checks)
    if not jobs:
        return ""
    which = f"jobs {', '.join(jobs)} repeat" if len(jobs) > 1 else f"job {', '.join(jobs)} repeats"
    losses = dict.fromkeys(loss for each in jobs.values() for loss in each)
    places = ", ".join(dict.fromkeys(loss.what for loss in losses if loss.kind in _PLACES))
    others = ", ".join(dict.fromkeys(f"{loss.kind} {loss.what}" for loss in losses if loss.kind not in _PLACES))
    but = f", though not on {places}" if places else ""
    but += f", and without {others}" if others else ""
    return f"its {which} sessions of Evenfall, so these checks run twice{but}; delete what you no longer need from it"

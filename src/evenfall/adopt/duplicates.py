"""The jobs of workflows that stay and repeat what the pipeline does, so that these checks run twice."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.losses import Kind, does_something_known, job_losses
from evenfall.adopt.pipeline_checks import PipelineChecks
from evenfall.adopt.workflow_facts import read_facts

_BESIDES = frozenset(
    {Kind.SYSTEM, Kind.PYTHON, Kind.SECRET, Kind.ARTIFACT, Kind.PERMISSION, Kind.VARIABLE, Kind.SYSTEM_PACKAGES}
)
"""What a job can have in addition and still repeat the checks of the pipeline."""


def repeated_jobs(root: Path, path: str, checks: PipelineChecks) -> tuple[str, ...]:
    """Return the jobs of a workflow all of whose checks the pipeline also runs, perhaps on fewer Pythons or systems."""
    jobs = (job for job in read_facts(root, path) if does_something_known(job, checks))
    return tuple(job.name for job in jobs if all(loss.kind in _BESIDES for loss in job_losses(job, checks)))


def duplicates_note(root: Path, path: str, checks: PipelineChecks) -> str:
    """Return a clause about the jobs that run twice and how to remove them; empty if there are none."""
    names = repeated_jobs(root, path, checks)
    if not names:
        return ""
    which = f"jobs {', '.join(names)} repeat" if len(names) > 1 else f"job {names[0]} repeats"
    return f"its {which} sessions of Evenfall, so these checks run twice; delete what you no longer need"

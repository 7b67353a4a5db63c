"""The reasons for which a script must not apply a plan: a publication, all tests or all linters would be lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evenfall.adopt.job_counts import runs_for_a_change
from evenfall.adopt.job_facts import JobFacts
from evenfall.adopt.losses import FileLosses, Kind
from evenfall.adopt.pipeline_checks import PipelineChecks, is_test
from evenfall.adopt.purpose import Purpose, purpose_of
from evenfall.adopt.workflow_facts import read_facts
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.pipeline.workflow_file import jobs_of, read_workflow, triggers_of


def refusals(root: Path, files: Iterable[FileLosses], checks: PipelineChecks) -> tuple[str, ...]:
    """Return the reasons, each a sentence. `files` are the hand-written files that could be replaced, and `checks` what CI does then."""
    files = tuple(files)
    return (*_lost_publications(files), *_lost_checks(root, {file.path for file in files if file.is_replaced}, checks))


def _lost_publications(files: Iterable[FileLosses]) -> Iterator[str]:
    for file in files:
        if what := [loss.what for loss in file.losses if loss.kind is Kind.PUBLICATION and file.is_replaced]:
            yield f"{file.path} would be replaced, and it publishes the project ({', '.join(what)})"


def _lost_checks(root: Path, replaced: set[str], checks: PipelineChecks) -> Iterator[str]:
    """Yield a reason if nothing in CI runs tests, and one if no linter of the replaced workflows is left."""
    before = [(path, job) for path in own_workflows(root) for job in _required_jobs(root, path)]
    kept = [job for path, job in before if path not in replaced]
    if not checks.runs_tests and not any(is_test(program) for job in kept for program in job.programs.values()):
        yield f"CI would run no tests and still pass: {NOXFILE} declares no session with tests for CI, and no workflow that stays runs any"
    if not checks.runs_linters and any(runs_linters(job) for _, job in before) and not any(map(runs_linters, kept)):
        yield f"CI would run no linter: {NOXFILE} declares none for CI, and the workflows with linters would be replaced"


def _required_jobs(root: Path, path: str) -> Iterator[JobFacts]:
    """Yield the jobs of a workflow that run for a change and fail it."""
    workflow = read_workflow(root / path)
    if runs_for_a_change(triggers_of(workflow)):
        for job in read_facts(root, path):
            declared = jobs_of(workflow).get(job.name.partition(" / ")[0])
            if not (isinstance(declared, dict) and _may_fail(declared)):
                yield job


def _may_fail(job: Mapping[str, Any]) -> bool:
    """Return whether the failure of a job, or of each of its steps with a command, does not fail the run."""
    steps = job.get("steps")
    commands = [step for step in steps if isinstance(step, dict) and "run" in step] if isinstance(steps, list) else []
    is_ignored = bool(commands) and all(step.get("continue-on-error") is True for step in commands)
    return job.get("continue-on-error") is True or is_ignored


def runs_linters(job: JobFacts) -> bool:
    """Return whether a job runs linters or hooks."""
    purposes = {*map(purpose_of, job.programs.values()), *(action.purpose for action in job.actions)}
    return bool({Purpose.LINT, Purpose.HOOKS} & purposes)

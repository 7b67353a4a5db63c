"""Pipelines as values, and their workflows as a YAML parser reads them."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML

from evenfall.generate.workflow import workflow_text
from evenfall.pipeline.model import Facts, HostedJob, Job, Pipeline, Session
from evenfall.project.settings import Settings


def session(name: str, *jobs: str, requires: tuple[str, ...] = (), **facts: Any) -> Session:
    return Session(
        name=name,
        description="",
        facts=Facts(**facts),
        jobs=tuple(Job(name=job, python=None, requires=requires) for job in jobs or (name,)),
        line=1,
        module="noxfile",
    )


def generated(
    *sessions: Session, hosted: tuple[HostedJob, ...] = (), settings: Settings | None = None
) -> dict[str, Any]:
    """Return the workflow `ci` of these sessions, parsed."""
    pipeline = Pipeline(sessions=sessions, hosted_jobs=hosted)
    workflow: dict[str, Any] = parsed(workflow_text(pipeline, "ci", settings or Settings(), {}))
    return workflow


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)

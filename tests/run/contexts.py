"""Run contexts for tests."""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from evenfall.git.snapshot import Snapshot
from evenfall.pipeline.model import Pipeline
from evenfall.run import landlock
from evenfall.run.caches import Caches
from evenfall.run.isolation import Isolation, ProbedIsolation, probe_isolation
from evenfall.run.job import RunContext
from evenfall.run.job_tools import JobTools
from evenfall.run.planner import Plan
from evenfall.run.request import RunRequest
from evenfall.run.sandbox_removal import SandboxRemover
from tests.run.pipelines import planned_job


def _kinds() -> frozenset[Isolation]:
    """Return the kinds of isolation that this machine has."""
    if sys.platform != "linux":
        return frozenset({Isolation.NONE})
    with tempfile.TemporaryDirectory() as folder:
        found = probe_isolation(Path(folder)).kind
    landlocked = {Isolation.LANDLOCK} if landlock.is_supported() else set()
    return frozenset({found, *landlocked, Isolation.NONE})


KINDS = _kinds()


def run_context(folder: Path, snapshot: Snapshot, declared: Pipeline, **changed: Any) -> RunContext:
    """Return the context of a run in `folder`. `changed` are fields of the context, or of its request."""
    request_fields = {field.name for field in dataclasses.fields(RunRequest)}
    options = {name: changed.pop(name) for name in [*changed] if name in request_fields}
    tools, cache = folder / "tools", folder.with_name("cache")
    for path in (tools, cache):
        path.mkdir(exist_ok=True)
    request = RunRequest(
        **{
            "root": snapshot.repository.top,
            "snapshot": snapshot.request,
            "parallel": 1,
            "environ": dict(os.environ),
            **options,
        }
    )
    context = RunContext(
        request=request,
        folder=folder,
        snapshot=snapshot,
        pipeline=declared,
        plan=Plan(jobs=tuple(planned_job(each, number=i) for i, each in enumerate(declared.sessions)), skipped={}),
        tools=JobTools(folder=tools, python=Path(sys.executable), dependencies=()),
        caches=Caches(uv=cache, uv_pythons=cache, pip=cache, hooks=folder / "hooks", own=folder / "caches"),
        remover=SandboxRemover(folder, []),
        isolation=ProbedIsolation(kind=Isolation.NONE),
    )
    return dataclasses.replace(context, **changed)

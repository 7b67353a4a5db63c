"""`evenfall run`, from the request to the results: snapshot, tools, pipeline, plan, jobs."""

from __future__ import annotations

import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.alternates import alternates_variable
from evenfall.git.checkout import is_unchanged
from evenfall.git.repository import Repository, find_repository
from evenfall.git.snapshot import Snapshot, take_snapshot
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.interpreters import install_interpreters
from evenfall.project.project import read_project
from evenfall.report.screen import Screen
from evenfall.results import Failed, JobResult
from evenfall.run.caches import Caches, run_caches
from evenfall.run.checkout_cache import KeptCheckouts, checkouts_folder
from evenfall.run.environments import Environments, environments_folder
from evenfall.run.executor import Executor
from evenfall.run.explain import explain_failures
from evenfall.run.history import history_of, project_name
from evenfall.run.isolation import Isolation, probe_isolation
from evenfall.run.job import RunContext
from evenfall.run.job_tools import JobTools, provide_tools
from evenfall.run.machine import machine_line
from evenfall.run.notes import notes_on
from evenfall.run.planner import make_plan
from evenfall.run.request import RunRequest, RunResult
from evenfall.run.run_folder import is_kept, keep, old_folders, run_folder
from evenfall.run.runner_environment import EnvironmentRequest, RunnerJob, runner_environment
from evenfall.run.sandbox import Sandbox, make_sandbox
from evenfall.run.sandbox_removal import SandboxRemover
from evenfall.run.services import closed_services
from evenfall.run.spare_checkouts import SpareCheckouts

_PIPELINE_JOB = RunnerJob(session="pipeline", workflow="ci", system="", python=None)
"""The job that reads the noxfile."""


def mirror(request: RunRequest, screen: Screen) -> RunResult:
    """Run the jobs of the pipeline as CI will run them.

    Raises `EvenfallError`: the project has no snapshot or no pipeline (usage), or no sandbox or tool can be made (unknown).
    """
    began = time.perf_counter()
    repository = find_repository(request.root)
    history = history_of(repository)
    warnings: list[str] = []
    with contextlib.ExitStack() as stack:
        context, checkout = _open_context(request, repository, stack, warnings)
        for note in notes_on(context, checkout):
            screen.note(note)
        results = explain_failures(context, Executor(context, history, screen).run(), screen)
        if request.keep and any(isinstance(result.result, Failed) for result in results):
            keep(context.folder)
    skipped = (JobResult(job=job, result=result) for job, result in context.plan.skipped.items())
    return RunResult(
        tree=context.snapshot.tree,
        source=str(request.snapshot),
        next_step=_next_step(request, context.snapshot),
        results=(*results, *skipped),
        seconds=time.perf_counter() - began,
        warnings=(*history.warnings, *warnings),
        machine=machine_line((job.python for job in context.plan.jobs if job.python), context.isolation.kind),
    )


def _open_context(
    request: RunRequest, repository: Repository, stack: contextlib.ExitStack, warnings: list[str]
) -> tuple[RunContext, Path]:
    """Take the snapshot, read its pipeline and plan the jobs. Return what the jobs need, and a checkout of the snapshot.

    What must be closed or removed at the end is added to `stack`, and what then fails to `warnings`.
    """
    folder = stack.enter_context(run_folder(warnings))
    taken = stack.enter_context(ThreadPoolExecutor(1)).submit(take_snapshot, repository, request.snapshot, folder)
    isolation = probe_isolation(folder)
    remover = stack.enter_context(SandboxRemover(folder, warnings))
    remover.add(*old_folders(folder.parent))
    caches = stack.enter_context(run_caches(request.root, request.environ, warnings))
    services = stack.enter_context(closed_services(request.environ, is_with_paths=isolation.kind is Isolation.LANDLOCK))
    environments = stack.enter_context(contextlib.closing(Environments(environments_folder())))
    snapshot = taken.result()
    kept = stack.enter_context(contextlib.closing(KeptCheckouts(checkouts_folder(), project_name(repository))))
    checkouts = SpareCheckouts(kept)
    sandbox = make_sandbox(folder / "pipeline", snapshot, isolation=isolation.kind, checkouts=checkouts)
    _check_noxfile(sandbox, snapshot)
    tools = provide_tools(folder / "tools", sandbox.checkout, request.root, request.environ)
    pipeline = _read_pipeline(request, sandbox, snapshot, tools, caches)
    allowed = read_project(sandbox.checkout).allowed_pythons
    plan = make_plan(pipeline, request.sessions, partial(install_interpreters, allowed=allowed), allowed)
    context = RunContext(
        request=request,
        folder=folder,
        snapshot=snapshot,
        pipeline=pipeline,
        plan=plan,
        tools=tools,
        caches=caches,
        remover=remover,
        services=services,
        isolation=isolation,
        environments=environments,
        checkouts=checkouts,
    )
    stack.callback(_keep_checkouts, context, sandbox)
    _add_base(context, sandbox)
    return context, sandbox.checkout


def _add_base(context: RunContext, sandbox: Sandbox) -> None:
    """Let jobs share the checkout in which the pipeline was read, if they have namespaces and the noxfile changed no tracked file."""
    git_dir, commit = sandbox.folder / "compare", sandbox.commit
    if sandbox.has_file_system and is_unchanged(context.snapshot, sandbox.checkout, commit=commit, git_dir=git_dir):
        context.bases.put(commit, sandbox)


def _keep_checkouts(context: RunContext, sandbox: Sandbox) -> None:
    """Keep the checkouts that no job changed for later runs, also that of the sandbox in which the pipeline was read.

    Sandboxes that are kept need them where they are.
    """
    if is_kept(context.folder):
        return
    context.checkouts.add(sandbox)
    context.checkouts.keep(context.bases.made)


def _read_pipeline(
    request: RunRequest, sandbox: Sandbox, snapshot: Snapshot, tools: JobTools, caches: Caches
) -> Pipeline:
    """Read the noxfile in a checkout, with a runner's variables."""
    environment = EnvironmentRequest(
        job=_PIPELINE_JOB,
        sandbox=replace(sandbox, inside=sandbox.outside),
        snapshot=snapshot,
        caches=caches.provide("pipeline"),
        tools=tools.folder,
        environ=request.environ,
    )
    environ = runner_environment(environment) | alternates_variable(*snapshot.objects)
    return read_pipeline(sandbox.checkout, python=os.fspath(tools.python), environ=environ)


def _check_noxfile(sandbox: Sandbox, snapshot: Snapshot) -> None:
    """Raise `EvenfallError` (usage) if the snapshot has no noxfile or no lock of it."""
    top, request = snapshot.repository.top, snapshot.request
    for name in (NOXFILE, SCRIPT_LOCK):
        if (sandbox.checkout / name).is_file():
            continue
        if request.kind == "commit":
            raise EvenfallError(f"{name}: not found in commit {request.revision}", hint=f"name a commit with {name}")
        if (top / name).is_file():
            raise EvenfallError(f"{name}: not in the snapshot, because git does not track it", hint=f"git add {name}")
        raise EvenfallError(f"{name}: not found in {top}", hint="evenfall init")


def _next_step(request: RunRequest, snapshot: Snapshot) -> str:
    """Return the command that runs what CI runs, or that pushes the snapshot; empty for a commit that is not the branch's last one."""
    if request.sessions:
        return "evenfall run, which runs every job of the workflow ci"
    if snapshot.is_head:
        return "git push"
    return {"now": "git commit --all, then git push", "staged": "git commit, then git push", "commit": ""}[
        snapshot.request.kind
    ]

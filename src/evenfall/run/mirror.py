"""`evenfall run`, from a request to job_results: snapshot, programs, pipeline, plan, jobs."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import Repository, find_repository
from evenfall.git.snapshot import Snapshot, SnapshotRequest, take_snapshot
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.interpreters import bring_interpreters
from evenfall.project.uv import uv
from evenfall.report.job_result import JobResult
from evenfall.report.screen import Screen
from evenfall.results import Failed, Inconclusive, Passed
from evenfall.run import landlock
from evenfall.run.history import Record, record_of
from evenfall.run.job import Run, run_job
from evenfall.run.job_tools import Programs, set_up
from evenfall.run.notes import notes_on
from evenfall.run.planner import Plan, Planned, plan
from evenfall.run.process import Running
from evenfall.run.run_folder import keep, run_folder
from evenfall.run.runner_environment import Caches, Job, find_caches, runner_environment
from evenfall.run.sandbox import Sandbox, make_sandbox
from evenfall.run.sandbox_removal import Clearing
from evenfall.run.scheduler import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user asks for. `root` is the project's folder, `environ` the variables of the user's shell, `jobs` how many jobs at once."""

    root: Path
    source: SnapshotRequest
    sessions: tuple[str, ...] = ()
    exit_first: bool = False
    keep: bool = False
    verbose: bool = False
    jobs: int
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out, in the order of the noxfile: first the jobs that ran, then those that were skipped.

    `next_step`: what to do where all is well. `wall` is in seconds. `trouble`: what could not be tidied up.
    """

    tree: str
    source: str
    next_step: str
    job_results: tuple[JobResult, ...]
    wall: float
    trouble: str

    @property
    def exit_code(self) -> Exit:
        """1 where a job failed; 3 where one is inconclusive, or none could run; else 0."""
        results = [job_result.result for job_result in self.job_results]
        if any(isinstance(result, Failed) for result in results):
            return Exit.FINDINGS
        if any(isinstance(result, Inconclusive) for result in results):
            return Exit.UNKNOWN
        return Exit.FINE if any(isinstance(result, Passed) for result in results) else Exit.UNKNOWN


def mirror(request: Request, screen: Screen) -> Result:
    """Run what CI will run. Raises `EvenfallError`: there is nothing to run it on (usage), or it could not be found out (unknown)."""
    began = time.perf_counter()
    repository = find_repository(request.root)
    record = record_of(repository)
    trouble: list[str] = []
    with run_folder(trouble) as folder, Clearing(folder, trouble) as clearing:
        snapshot = take_snapshot(repository, request.source, folder)
        caches = _caches(request)
        sandbox = make_sandbox(folder / "pipeline", snapshot)
        _check_noxfile(sandbox, repository)
        programs = set_up(folder / "programs", sandbox, request.root, request.environ)
        pipeline = _read(request, sandbox, snapshot, caches, programs)
        planned = plan(pipeline, request.sessions, bring_interpreters)
        jobs = max(1, min(request.jobs, len(planned.jobs)))
        run = Run(
            folder=folder,
            snapshot=snapshot,
            pipeline=pipeline,
            programs=programs,
            caches=caches,
            environ=request.environ,
            share=max(1, (os.cpu_count() or 1) // jobs),
            skipped=planned.absent,
            clearing=clearing,
            keep=request.keep,
            confined=landlock.is_supported(),
        )
        for note in notes_on(run, planned, sandbox.checkout, verbose=request.verbose):
            screen.note(note)
        job_results = _run_all(planned, run, record, screen, parallel=jobs, exit_first=request.exit_first)
        if any(isinstance(job_result.result, Failed) for job_result in job_results) and request.keep:
            keep(folder)
    mirrored = tuple(JobResult(name=name, result=result) for name, result in planned.skipped.items())
    return Result(
        tree=snapshot.tree,
        source=str(request.source),
        next_step=_next_step(snapshot),
        job_results=(*job_results, *mirrored),
        wall=time.perf_counter() - began,
        trouble="\n".join(filter(None, (record.trouble, *trouble))),
    )


def _next_step(snapshot: Snapshot) -> str:
    """A push takes what HEAD has, and not what only lies in the work tree or the index; another commit is somebody else's to push."""
    if snapshot.is_head:
        return "git push"
    return {"now": "git commit --all, then git push", "staged": "git commit, then git push", "commit": ""}[
        snapshot.request.kind
    ]


def _caches(request: Request) -> Caches:
    """Raises `EvenfallError` (unknown) where uv can't write to its cache: every job would fail for that."""
    at = Path(uv(request.root, "cache", "dir").strip())
    try:
        at.mkdir(parents=True, exist_ok=True)
        probe = at / f".evenfall-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EvenfallError(
            f"{at}: uv's cache can't be written: {error.strerror}",
            hint="set UV_CACHE_DIR to a folder that can",
            exit_code=Exit.UNKNOWN,
        ) from error
    return find_caches(request.environ, uv=at, uv_pythons=Path(uv(request.root, "python", "dir").strip()))


def _check_noxfile(sandbox: Sandbox, repository: Repository) -> None:
    """Raises `EvenfallError` (usage) where the snapshot lacks what it takes to read a pipeline; it may lie untracked in the work tree."""
    for name in (NOXFILE, SCRIPT_LOCK):
        if not (sandbox.checkout / name).is_file():
            there = (repository.top / name).is_file()
            why = "it is not in the snapshot, for git does not track it" if there else f"not found in {repository.top}"
            raise EvenfallError(f"{name}: {why}", hint=f"git add {name}" if there else "evenfall init")


def _read(request: Request, sandbox: Sandbox, snapshot: Snapshot, caches: Caches, programs: Programs) -> Pipeline:
    job = Job(name="pipeline", session="pipeline", workflow="ci", system="", python=None)
    variables = runner_environment(job, sandbox, snapshot, caches, programs=programs.folder, environ=request.environ)
    return read_pipeline(sandbox.checkout, python=os.fspath(programs.python), environ=variables)


def _run_all(
    planned: Plan, run: Run, record: Record, screen: Screen, *, parallel: int, exit_first: bool
) -> tuple[JobResult, ...]:
    """Every job's job_result, in the order of the noxfile. However this ends, no process of a job is left."""
    jobs = {each.name: each for each in planned.jobs}
    schedule = Schedule({name: each.after for name, each in jobs.items()}, record.seconds, jobs=parallel)
    job_results: dict[str, JobResult] = {}
    done: queue.SimpleQueue[JobResult | BaseException] = queue.SimpleQueue()
    running = Running()
    threads: list[threading.Thread] = []
    screen.planned(tuple(jobs))
    try:
        while not schedule.is_over:
            for name in schedule.start():
                if reason := _not_run(jobs[name], job_results, stopped=running.stopped):
                    done.put(JobResult(name=name, result=Inconclusive(reason)))
                    continue
                screen.started(name)
                threads.append(_start(jobs[name], [*jobs].index(name), run, running, screen, done))
            job_result = done.get()
            if isinstance(job_result, BaseException):
                raise job_result
            if running.stopped and isinstance(job_result.result, Failed):  # by -x, not by itself
                job_result = JobResult(name=job_result.name, result=Inconclusive("stopped, for another failed first"))
            job_results[job_result.name] = job_result
            schedule.end(job_result.name)
            if job_result.printed:
                record.keep_log(job_result.name, job_result.printed)
            screen.ended(job_result)
            if exit_first and isinstance(job_result.result, Failed):
                running.stop()
    finally:
        with undisturbed():  # the jobs have seconds to end, and their sandboxes go only then
            running.stop()
            for thread in threads:
                thread.join()
    record.remember({o.name: o.seconds for o in job_results.values() if isinstance(o.result, Passed)})
    return tuple(job_results[name] for name in jobs)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let no second request to stop come between."""
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _not_run(job: Planned, job_results: Mapping[str, JobResult], *, stopped: bool) -> str:
    """Why a job will not run; GitHub skips a job, and its gate fails, where one did not pass that it needs."""
    for name in job.after:
        result = job_results[name].result
        if isinstance(result, Failed):
            return f"not run: {name}, which it requires, failed"
        if isinstance(result, Inconclusive):
            inherited = result.missing.startswith("not run: ")
            return result.missing if inherited else f"not run: {name}, which it requires, is inconclusive"
    return "not run: another failed first (-x)" if stopped else ""


def _start(
    job: Planned,
    number: int,
    run: Run,
    running: Running,
    screen: Screen,
    done: queue.SimpleQueue[JobResult | BaseException],
) -> threading.Thread:
    def work() -> None:
        try:
            done.put(run_job(job, number, run, running, lambda line: screen.printed(job.name, line)))
        except BaseException as error:  # noqa: BLE001 - it is the main thread's to raise
            done.put(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread

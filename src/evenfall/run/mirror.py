"""`evenfall run`, from a request to outcomes: snapshot, programs, pipeline, plan, cells."""

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
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.noxfile import read_pipeline
from evenfall.pipeline.script import SCRIPT_LOCK
from evenfall.project.interpreters import bring_interpreters
from evenfall.project.repository import Repository, find_repository
from evenfall.project.uv import uv
from evenfall.report.outcome import Outcome
from evenfall.report.screen import Screen
from evenfall.run import warden
from evenfall.run.cell import Run, run_cell
from evenfall.run.cells import Plan, Planned, plan
from evenfall.run.clearing import Clearing
from evenfall.run.conditions import Caches, Job, find_caches, runner_environment
from evenfall.run.notes import notes_on
from evenfall.run.programs import Programs, set_up
from evenfall.run.record import Record, record_of
from evenfall.run.room import Room, make_room
from evenfall.run.run_folder import keep, run_folder
from evenfall.run.schedule import Schedule
from evenfall.run.snapshot import Snapshot, Source, take_snapshot
from evenfall.run.supervised import Running
from evenfall.verdicts import Failed, Passed, Unchanged, Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user asks for. `root` is the project's folder, `environ` the variables of the user's shell, `jobs` how many cells at once."""

    root: Path
    source: Source
    sessions: tuple[str, ...] = ()
    exit_first: bool = False
    keep: bool = False
    verbose: bool = False
    jobs: int
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out, in the order of the noxfile: first the cells that ran, then those that were not mirrored.

    `next_step`: what to do where all is well. `wall` is in seconds. `trouble`: what could not be tidied up.
    """

    tree: str
    source: str
    next_step: str
    outcomes: tuple[Outcome, ...]
    wall: float
    trouble: str

    @property
    def exit_code(self) -> Exit:
        """1 where a cell failed; 3 where one is undecided, or none could run; else 0."""
        verdicts = [outcome.verdict for outcome in self.outcomes]
        if any(isinstance(verdict, Failed) for verdict in verdicts):
            return Exit.FINDINGS
        if any(isinstance(verdict, Undecided) for verdict in verdicts):
            return Exit.UNKNOWN
        return Exit.FINE if any(isinstance(verdict, Passed | Unchanged) for verdict in verdicts) else Exit.UNKNOWN


def mirror(request: Request, screen: Screen) -> Result:
    """Run what CI will run. Raises `EvenfallError`: there is nothing to run it on (usage), or it could not be found out (unknown)."""
    began = time.perf_counter()
    repository = find_repository(request.root)
    record = record_of(repository)
    trouble: list[str] = []
    with run_folder(trouble) as folder, Clearing(folder, trouble) as clearing:
        snapshot = take_snapshot(repository, request.source, folder)
        caches = _caches(request)
        room = make_room(folder / "pipeline", snapshot)
        _check_noxfile(room, repository)
        programs = set_up(folder / "programs", room, request.root, request.environ)
        pipeline = _read(request, room, snapshot, caches, programs)
        planned = plan(pipeline, request.sessions, bring_interpreters)
        jobs = max(1, min(request.jobs, len(planned.cells)))
        run = Run(
            folder=folder,
            snapshot=snapshot,
            pipeline=pipeline,
            programs=programs,
            caches=caches,
            environ=request.environ,
            share=max(1, (os.cpu_count() or 1) // jobs),
            not_mirrored=planned.absent,
            clearing=clearing,
            keep=request.keep,
            confined=warden.landlock() > 0,
        )
        for note in notes_on(run, planned, room.checkout, verbose=request.verbose):
            screen.note(note)
        outcomes = _run_all(planned, run, record, screen, jobs=jobs, exit_first=request.exit_first)
        if any(isinstance(outcome.verdict, Failed) for outcome in outcomes) and request.keep:
            keep(folder)
    mirrored = tuple(Outcome(name=name, verdict=verdict) for name, verdict in planned.not_mirrored.items())
    return Result(
        tree=snapshot.tree,
        source=str(request.source),
        next_step=_next_step(snapshot),
        outcomes=(*outcomes, *mirrored),
        wall=time.perf_counter() - began,
        trouble="\n".join(filter(None, (record.trouble, *trouble))),
    )


def _next_step(snapshot: Snapshot) -> str:
    """A push takes what HEAD has, and not what only lies in the work tree or the index; another commit is somebody else's to push."""
    if snapshot.is_head:
        return "git push"
    return {"now": "git commit --all, then git push", "staged": "git commit, then git push", "commit": ""}[
        snapshot.source.kind
    ]


def _caches(request: Request) -> Caches:
    """Raises `EvenfallError` (unknown) where uv can't write to its cache: every cell would fail for that."""
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


def _check_noxfile(room: Room, repository: Repository) -> None:
    """Raises `EvenfallError` (usage) where the snapshot lacks what it takes to read a pipeline; it may lie untracked in the work tree."""
    for name in (NOXFILE, SCRIPT_LOCK):
        if not (room.checkout / name).is_file():
            there = (repository.top / name).is_file()
            why = "it is not in the snapshot, for git does not track it" if there else f"not found in {repository.top}"
            raise EvenfallError(f"{name}: {why}", hint=f"git add {name}" if there else "evenfall init")


def _read(request: Request, room: Room, snapshot: Snapshot, caches: Caches, programs: Programs) -> Pipeline:
    job = Job(name="pipeline", session="pipeline", workflow="ci", system="", python=None)
    variables = runner_environment(job, room, snapshot, caches, programs=programs.folder, environ=request.environ)
    return read_pipeline(room.checkout, python=os.fspath(programs.python), environ=variables)


def _run_all(
    planned: Plan, run: Run, record: Record, screen: Screen, *, jobs: int, exit_first: bool
) -> tuple[Outcome, ...]:
    """Every cell's outcome, in the order of the noxfile. However this ends, no process of a cell is left."""
    cells = {each.name: each for each in planned.cells}
    schedule = Schedule({name: each.after for name, each in cells.items()}, record.seconds, jobs=jobs)
    outcomes: dict[str, Outcome] = {}
    done: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
    running = Running()
    threads: list[threading.Thread] = []
    screen.planned(tuple(cells))
    try:
        while not schedule.is_over:
            for name in schedule.start():
                if reason := _not_run(cells[name], outcomes, stopped=running.stopped):
                    done.put(Outcome(name=name, verdict=Undecided(reason)))
                    continue
                screen.started(name)
                threads.append(_start(cells[name], [*cells].index(name), run, running, screen, done))
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            if running.stopped and isinstance(outcome.verdict, Failed):  # by -x, not by itself
                outcome = Outcome(name=outcome.name, verdict=Undecided("stopped, for another failed first"))
            outcomes[outcome.name] = outcome
            schedule.end(outcome.name)
            if outcome.printed:
                record.keep_log(outcome.name, outcome.printed)
            screen.ended(outcome)
            if exit_first and isinstance(outcome.verdict, Failed):
                running.stop()
    finally:
        with undisturbed():  # the cells have seconds to end, and their rooms go only then
            running.stop()
            for thread in threads:
                thread.join()
    record.remember({o.name: o.seconds for o in outcomes.values() if isinstance(o.verdict, Passed)})
    return tuple(outcomes[name] for name in cells)


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


def _not_run(cell: Planned, outcomes: Mapping[str, Outcome], *, stopped: bool) -> str:
    """Why a cell will not run; GitHub skips a job, and its gate fails, where one did not pass that it needs."""
    for name in cell.after:
        verdict = outcomes[name].verdict
        if isinstance(verdict, Failed):
            return f"not run: {name}, which it requires, failed"
        if isinstance(verdict, Undecided):
            inherited = verdict.missing.startswith("not run: ")
            return verdict.missing if inherited else f"not run: {name}, which it requires, is undecided"
    return "not run: another failed first (-x)" if stopped else ""


def _start(
    cell: Planned,
    number: int,
    run: Run,
    running: Running,
    screen: Screen,
    done: queue.SimpleQueue[Outcome | BaseException],
) -> threading.Thread:
    def work() -> None:
        try:
            done.put(run_cell(cell, number, run, running, lambda line: screen.printed(cell.name, line)))
        except BaseException as error:  # noqa: BLE001 - it is the main thread's to raise
            done.put(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread

"""Runs the jobs of a plan on threads, several at once, in the order of the pipeline's graph."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
from collections.abc import Iterator

from evenfall.report.screen import NOT_STARTED, Screen
from evenfall.results import Failed, Inconclusive, JobResult, Passed
from evenfall.run.history import History
from evenfall.run.isolation import Isolation
from evenfall.run.job import RunContext, run_job
from evenfall.run.planner import PlannedJob
from evenfall.run.scheduler import Schedule
from evenfall.run.session_result import mentions_collision, mentions_other_disk

_NOT_RUN = "not run: "


class Executor:
    """One execution of a run's plan. However it ends, it leaves no process of a job.

    Two jobs may want the same port, but each has a machine of its own in CI. And the folders of a sandbox count as several disks. A job
    that failed because of either runs again without others, with its folders on one disk.
    """

    def __init__(self, context: RunContext, history: History, screen: Screen) -> None:
        self._jobs = {job.name: job for job in context.plan.jobs}
        self._context = context
        self._history = history
        self._screen = screen
        self._schedule = Schedule(
            {name: job.after for name, job in self._jobs.items()}, history.seconds, parallel=context.request.parallel
        )
        self._results: dict[str, JobResult] = {}
        self._ended: queue.SimpleQueue[JobResult | BaseException] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running: set[str] = set()
        self._had_company: set[str] = set()
        self._to_run_alone: list[str] = []
        self._ran_alone: set[str] = set()

    def run(self) -> tuple[JobResult, ...]:
        """Return the results in the order of the noxfile. Raises the exception of the first job that raises one."""
        self._screen.plan(tuple(self._jobs), self._schedule.expected_seconds)
        try:
            while not self._schedule.is_over:
                if not self._to_run_alone:
                    for name in self._schedule.start():
                        self._start(self._jobs[name])
                elif not self._running:
                    self._start(self._jobs[self._to_run_alone.pop(0)])
                self._take(self._ended.get())
        finally:
            # The jobs' processes have seconds to end, and their sandboxes are removed only after that.
            with stop_signals_ignored():
                self._context.running.stop()
                for thread in self._threads:
                    thread.join()
        passed = (result for result in self._results.values() if isinstance(result.result, Passed))
        self._history.remember({result.job: result.seconds for result in passed})
        return tuple(self._results[name] for name in self._jobs)

    def _start(self, job: PlannedJob) -> None:
        if self._context.running.is_stopped:
            self._ended.put(JobResult(job=job.name, result=Inconclusive(NOT_STARTED)))
            return
        if obstacle := self._obstacle(job):
            self._ended.put(JobResult(job=job.name, result=Inconclusive(f"{_NOT_RUN}{obstacle}")))
            return
        self._screen.start(job.name)
        if self._running:
            self._had_company |= {*self._running, job.name}
        self._running.add(job.name)
        thread = threading.Thread(target=self._run_job, args=(job,))
        thread.start()
        self._threads.append(thread)

    def _run_job(self, job: PlannedJob) -> None:
        is_again = job.name in self._ran_alone
        name = f"{job.number}-alone" if is_again else str(job.number)
        try:
            self._ended.put(
                run_job(
                    job,
                    name,
                    self._context,
                    lambda line: self._screen.output(job.name, line),
                    on_one_disk=is_again,
                )
            )
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._ended.put(error)

    def _take(self, result: JobResult | BaseException) -> None:
        if isinstance(result, BaseException):
            raise result
        self._running.discard(result.job)
        if reason := self._reason_to_run_again(result):
            self._screen.note(f"{result.job}: {reason}")
            self._ran_alone.add(result.job)
            self._to_run_alone.append(result.job)
            return
        if self._context.running.is_stopped and isinstance(result.result, Failed):
            result = JobResult(job=result.job, result=Inconclusive("stopped: another job failed first (-x)"))
        self._results[result.job] = result
        self._schedule.end(result.job)
        if result.log:
            self._history.keep_log(result.job, result.log)
        self._screen.end(result)
        if self._context.request.exit_first and isinstance(result.result, Failed):
            self._context.running.stop()

    def _reason_to_run_again(self, result: JobResult) -> str:
        """Return why a job may have failed only in its sandbox; empty if it passed, has already run again, or failed for another reason.

        Another job used its port, or its file if jobs share folders; or it moved or linked a file to a folder on another disk.
        """
        is_over = result.job in self._ran_alone or self._context.running.is_stopped
        if is_over or not isinstance(result.result, Failed) or result.log is None:
            return ""
        has_namespaces = self._context.isolation.kind is Isolation.NAMESPACES
        if result.job in self._had_company and mentions_collision(result.log, shares_files=not has_namespaces):
            return "another job used the same port or file, so it runs again without others"
        if has_namespaces and mentions_other_disk(result.log):
            return "it moved or linked a file to a folder that is on another disk here but not on a runner, so it runs again on one disk"
        return ""

    def _obstacle(self, job: PlannedJob) -> str:
        """Return the reason not to run a job, or nothing. GitHub, too, skips a job if a required one did not pass, and the gate fails."""
        for name in job.after:
            result = self._results[name].result
            if isinstance(result, Failed):
                return f"it requires {name}, which failed"
            if isinstance(result, Inconclusive):
                if result.missing.startswith(_NOT_RUN):
                    return result.missing.removeprefix(_NOT_RUN)
                return f"it requires {name}, which is inconclusive"
        return ""


@contextlib.contextmanager
def stop_signals_ignored() -> Iterator[None]:
    """Ignore further requests to stop during the block."""
    handlers = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)

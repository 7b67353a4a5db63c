"""The next jobs to start: by the pipeline's graph, as many at once as requested, the head of the longest path first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from graphlib import TopologicalSorter

DEFAULT_SECONDS = 30.0
"""The assumed duration of a job that has never run here."""


class Schedule:
    """The state of a run's jobs: `start` returns the next jobs, `end` takes a job that ended. It runs nothing itself."""

    def __init__(self, after: Mapping[str, Sequence[str]], seconds: Mapping[str, float], *, parallel: int) -> None:
        """`after`: for each job, in the order of the noxfile, those that must have ended before. `seconds`: earlier durations."""
        self._after = after
        self._seconds = seconds
        self._parallel = parallel
        self._order = TopologicalSorter(after)
        self._order.prepare()
        self._ready: list[str] = []
        self._running: set[str] = set()

    @property
    def is_over(self) -> bool:
        """Whether every job has ended."""
        return not self._order.is_active()

    @property
    def expected_seconds(self) -> float | None:
        """The expected duration of the run; None if a job has never run here. The longest path and all jobs on all cores are bounds."""
        if not self._after or not self._after.keys() <= self._seconds.keys():
            return None
        return max(max(self._path_seconds.values()), sum(self._seconds[job] for job in self._after) / self._parallel)

    def start(self) -> list[str]:
        """Return the jobs to start now."""
        self._ready += self._order.get_ready()
        self._ready.sort(key=lambda job: (-self._path_seconds[job], [*self._after].index(job)))
        free = self._parallel - len(self._running)
        started, self._ready = self._ready[:free], self._ready[free:]
        self._running |= {*started}
        return started

    def end(self, job: str) -> None:
        """Record that a job has ended or will not run."""
        self._running.discard(job)
        self._order.done(job)

    @cached_property
    def _path_seconds(self) -> dict[str, float]:
        """The seconds from the start of each job to the end of the longest chain of jobs that wait for it."""
        waiting: dict[str, list[str]] = {job: [] for job in self._after}
        for job, before in self._after.items():
            for other in before:
                waiting[other].append(job)
        paths: dict[str, float] = {}
        for job in reversed([*TopologicalSorter(self._after).static_order()]):
            own = self._seconds.get(job, DEFAULT_SECONDS)
            paths[job] = own + max((paths[other] for other in waiting[job]), default=0.0)
        return paths

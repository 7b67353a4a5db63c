"""What runs next: the graph of jobs, as many at once as there is room for, and of those that may, the head of the longest path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from graphlib import TopologicalSorter

UNKNOWN_SECONDS = 30.0
"""What a job is taken to last that has never run here."""


class Schedule:
    """A pure bookkeeper: `start` gives the next jobs, `end` takes one back."""

    def __init__(self, after: Mapping[str, Sequence[str]], seconds: Mapping[str, float], *, jobs: int) -> None:
        """`after`: for each job those that must have ended before, in the order of the noxfile. `seconds`: what each lasted."""
        self._after = after
        self._seconds = seconds
        self._jobs = jobs
        self._order = TopologicalSorter({job: [*before] for job, before in after.items()})
        self._order.prepare()
        self._ready: list[str] = []
        self._running: set[str] = set()

    @property
    def is_over(self) -> bool:
        """Whether every job has ended."""
        return not self._order.is_active()

    def start(self) -> list[str]:
        """The jobs to start now."""
        self._ready += self._order.get_ready()
        self._ready.sort(key=lambda job: (-self._path[job], [*self._after].index(job)))
        free = self._jobs - len(self._running)
        started, self._ready = self._ready[:free], self._ready[free:]
        self._running |= {*started}
        return started

    def end(self, job: str) -> None:
        """A job has ended, or will never run."""
        self._running.discard(job)
        self._order.done(job)

    @cached_property
    def _path(self) -> dict[str, float]:
        """The seconds from the start of a job to the end of the last one that waits for it."""
        waiting: dict[str, list[str]] = {job: [] for job in self._after}
        for job, before in self._after.items():
            for other in before:
                waiting[other].append(job)
        paths: dict[str, float] = {}
        for job in reversed([*TopologicalSorter({c: [*b] for c, b in self._after.items()}).static_order()]):
            own = self._seconds.get(job, UNKNOWN_SECONDS)
            paths[job] = own + max((paths[other] for other in waiting[job]), default=0.0)
        return paths

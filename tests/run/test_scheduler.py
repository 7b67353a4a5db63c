from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from evenfall.run.scheduler import Schedule


def run(schedule: Schedule) -> list[list[str]]:
    """Start what can be started, end the first of what runs, until all is over."""
    batches, running = [], []
    while not schedule.is_over:
        started = schedule.start()
        batches.append(started)
        running += started
        schedule.end(running.pop(0))
    return batches


def test_a_job_waits_for_all_that_it_requires() -> None:
    schedule = Schedule({"coverage": ("a", "b"), "a": (), "b": ()}, {}, jobs=4)
    assert schedule.start() == ["a", "b"]
    schedule.end("a")
    assert schedule.start() == []
    schedule.end("b")
    assert schedule.start() == ["coverage"]
    assert not schedule.is_over
    schedule.end("coverage")
    assert schedule.is_over


def test_no_more_jobs_run_at_once_than_there_are_jobs() -> None:
    schedule = Schedule(dict.fromkeys("abc", ()), {}, jobs=2)
    assert schedule.start() == ["a", "b"]
    assert schedule.start() == []
    schedule.end("b")
    assert schedule.start() == ["c"]


def test_the_head_of_the_longest_path_is_first() -> None:
    after = {"lint": (), "build": (), "tests": (), "coverage": ("tests",)}
    seconds = {"lint": 50.0, "build": 1.0, "tests": 40.0, "coverage": 20.0}
    assert run(Schedule(after, seconds, jobs=1)) == [["tests"], ["lint"], ["coverage"], ["build"]]


def test_a_job_that_has_never_run_is_taken_for_a_middling_one() -> None:
    schedule = Schedule(dict.fromkeys(("short", "new", "long"), ()), {"short": 1.0, "long": 60.0}, jobs=3)
    assert schedule.start() == ["long", "new", "short"]


def test_of_equals_the_first_of_the_noxfile_is_first() -> None:
    assert Schedule(dict.fromkeys("cab", ()), {}, jobs=3).start() == ["c", "a", "b"]


def test_without_jobs_it_is_over() -> None:
    assert Schedule({}, {}, jobs=1).is_over


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    names = [f"job{number}" for number in range(draw(st.integers(1, 8)))]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:place]), unique=True))) if place else ()
        for place, name in enumerate(names)
    }


@given(graphs(), st.dictionaries(st.sampled_from([f"job{n}" for n in range(8)]), st.floats(0, 99)), st.integers(1, 4))
def test_every_job_starts_once_and_after_what_it_requires(
    after: Mapping[str, Sequence[str]], seconds: Mapping[str, float], jobs: int
) -> None:
    order = [job for batch in run(Schedule(after, seconds, jobs=jobs)) for job in batch]
    assert sorted(order) == sorted(after)
    assert all(order.index(other) < order.index(job) for job, before in after.items() for other in before)

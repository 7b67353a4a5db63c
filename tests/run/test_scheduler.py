from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from evenfall.run.scheduler import Schedule


def run(schedule: Schedule) -> list[list[str]]:
    """Start every job that can start, end the first running one, and repeat; return the started jobs of each round."""
    rounds, running = [], []
    while not schedule.is_over:
        started = schedule.start()
        rounds.append(started)
        running += started
        schedule.end(running.pop(0))
    return rounds


def test_a_job_starts_after_all_jobs_that_it_requires() -> None:
    schedule = Schedule({"coverage": ("a", "b"), "a": (), "b": ()}, {}, parallel=4)
    assert schedule.start() == ["a", "b"]
    schedule.end("a")
    assert schedule.start() == []
    schedule.end("b")
    assert schedule.start() == ["coverage"]
    assert not schedule.is_over
    schedule.end("coverage")
    assert schedule.is_over


def test_no_more_jobs_run_at_once_than_requested() -> None:
    schedule = Schedule(dict.fromkeys("abc", ()), {}, parallel=2)
    assert schedule.start() == ["a", "b"]
    assert schedule.start() == []
    schedule.end("b")
    assert schedule.start() == ["c"]


def test_the_job_with_the_longest_path_starts_first() -> None:
    after = {"lint": (), "build": (), "tests": (), "coverage": ("tests",)}
    seconds = {"lint": 50.0, "build": 1.0, "tests": 40.0, "coverage": 20.0}
    assert run(Schedule(after, seconds, parallel=1)) == [["tests"], ["lint"], ["coverage"], ["build"]]


def test_a_job_without_a_known_duration_is_assumed_to_take_an_average_time() -> None:
    schedule = Schedule(dict.fromkeys(("short", "new", "long"), ()), {"short": 1.0, "long": 60.0}, parallel=3)
    assert schedule.start() == ["long", "new", "short"]


def test_jobs_with_equal_paths_start_in_the_order_of_the_noxfile() -> None:
    assert Schedule(dict.fromkeys("cab", ()), {}, parallel=3).start() == ["c", "a", "b"]


def test_a_schedule_without_jobs_is_over() -> None:
    assert Schedule({}, {}, parallel=1).is_over


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    names = [f"job{number}" for number in range(draw(st.integers(1, 8)))]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:index]), unique=True))) if index else ()
        for index, name in enumerate(names)
    }


@given(graphs(), st.dictionaries(st.sampled_from([f"job{n}" for n in range(8)]), st.floats(0, 99)), st.integers(1, 4))
def test_every_job_starts_once_and_after_its_requirements(
    after: Mapping[str, Sequence[str]], seconds: Mapping[str, float], parallel: int
) -> None:
    order = [job for started in run(Schedule(after, seconds, parallel=parallel)) for job in started]
    assert sorted(order) == sorted(after)
    assert all(order.index(other) < order.index(job) for job, before in after.items() for other in before)


def test_the_expected_duration_is_known_if_every_job_has_run_before() -> None:
    after = {"tests": (), "coverage": ("tests",), "lint": ()}
    seconds = {"tests": 4.0, "coverage": 2.0, "lint": 1.0}
    assert Schedule(after, seconds, parallel=4).expected_seconds == 6.0
    assert Schedule(after, seconds, parallel=1).expected_seconds == 7.0
    assert Schedule(after, {"tests": 4.0}, parallel=1).expected_seconds is None
    assert Schedule({}, seconds, parallel=1).expected_seconds is None

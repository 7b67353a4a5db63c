"""Which jobs run here, and why the others do not."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import HostedJob, Job
from evenfall.results import Skipped
from evenfall.run.planner import Plan, plan
from tests.run.pipelines import ELSEWHERE, HERE, pipeline, session

PYTHONS = {"3.11": Path("/opt/3.11/bin/python3.11"), "3.12": Path("/opt/3.12/bin/python3.12")}
OTHER_PROCESSOR = {
    "ubuntu-latest": "ubuntu-24.04-arm",
    "ubuntu-24.04-arm": "ubuntu-latest",
    "macos-latest": "macos-15-intel",
    "macos-15-intel": "macos-latest",
    "windows-latest": "windows-11-arm",
    "windows-11-arm": "windows-latest",
}[HERE]


def find(versions: Iterable[str]) -> Mapping[str, Path | None]:
    """A machine with two Pythons."""
    return {version: PYTHONS.get(version) for version in versions}


def names(planned: Plan) -> list[str]:
    return [job.name for job in planned.jobs]


LINT = session("lint", history=None)
TESTS = session("tests", pythons=("3.11", "3.12"))
COVERAGE = session("coverage", requires=("tests",))
PUBLISH = session("publish", workflows=("cd",), requires=("build",), side_effects=True)
BUILD = session("build", workflows=("ci", "cd"))
ALL = pipeline(LINT, COVERAGE, TESTS, PUBLISH, BUILD)


def test_without_names_it_is_the_workflow_ci_in_the_order_of_the_noxfile() -> None:
    planned = plan(ALL, (), find)
    assert names(planned) == ["lint", "coverage", f"tests-3.11 @ {HERE}", f"tests-3.12 @ {HERE}", "build"]
    assert (planned.skipped, planned.absent) == ({}, ())


def test_a_named_session_brings_all_that_it_requires_and_waits_for_it() -> None:
    planned = plan(ALL, ("coverage",), find)
    assert names(planned) == ["coverage", f"tests-3.11 @ {HERE}", f"tests-3.12 @ {HERE}"]
    assert planned.jobs[0].after == (f"tests-3.11 @ {HERE}", f"tests-3.12 @ {HERE}")
    assert [job.after for job in planned.jobs[1:]] == [(), ()]


def test_a_job_gets_the_interpreter_of_its_python_and_one_without_gets_none() -> None:
    pythons = {job.name: job.python for job in plan(ALL, ("coverage",), find).jobs}
    assert pythons == {
        "coverage": None,
        f"tests-3.11 @ {HERE}": PYTHONS["3.11"],
        f"tests-3.12 @ {HERE}": PYTHONS["3.12"],
    }


@pytest.mark.parametrize("name", ["tests-3.12", f"tests-3.12 @ {HERE}", "tests(late)"])
def test_one_job_is_named_as_nox_or_as_github_does(name: str) -> None:
    late = Job(name="tests-3.12", aliases=("tests(late)",), python="3.12")
    several = session("tests", pythons=("3.11",))
    tests = msgspec.structs.replace(several, jobs=(*several.jobs, late))
    assert names(plan(pipeline(tests), (name,), find)) == [f"tests-3.12 @ {HERE}"]


def test_a_job_and_what_requires_its_session_bring_the_whole_session() -> None:
    assert names(plan(ALL, ("tests-3.12", "coverage"), find)) == [
        "coverage",
        f"tests-3.11 @ {HERE}",
        f"tests-3.12 @ {HERE}",
    ]


def test_a_chain_of_requirements_is_followed_to_its_end() -> None:
    chain = pipeline(session("c", requires=("b",)), session("b", requires=("a",)), session("a"), session("d"))
    assert names(plan(chain, ("c",), find)) == ["c", "b", "a"]


def test_a_name_that_is_none_is_wrong_usage() -> None:
    with pytest.raises(EvenfallError, match=r"'test' is not a session; did you mean 'tests'\?"):
        plan(ALL, ("test",), find)


def test_a_system_on_which_a_session_does_not_run_is_wrong_usage() -> None:
    with pytest.raises(EvenfallError, match=f"'tests @ beos': tests runs on {HERE}") as caught:
        plan(ALL, ("tests @ beos",), find)
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "evenfall explain tests")


def test_a_job_of_another_system_is_skipped() -> None:
    both = session("tests", systems=(HERE, ELSEWHERE))
    planned = plan(pipeline(both), (), find)
    assert names(planned) == [f"tests @ {HERE}"]
    system = "Windows" if ELSEWHERE.startswith("windows") else "Linux"
    assert planned.skipped == {f"tests @ {ELSEWHERE}": Skipped(f"it runs on {system}")}
    assert planned.absent == (f"tests @ {ELSEWHERE}",)


def test_a_job_of_another_processor_is_skipped() -> None:
    planned = plan(pipeline(session("tests", systems=(OTHER_PROCESSOR,))), (), find)
    assert planned.skipped == {
        "tests": Skipped(f"it runs on another processor than this machine's {platform.machine()}")
    }
    assert planned.absent == (f"tests @ {OTHER_PROCESSOR}",)


def test_of_a_runner_of_ones_own_this_machine_knows_nothing() -> None:
    planned = plan(pipeline(session("tests", systems=("big-iron",))), (), find)
    assert planned.skipped == {"tests": Skipped("it runs on big-iron, of which this machine knows nothing")}


def test_what_changes_the_world_never_runs_here() -> None:
    assert names(plan(ALL, ("publish",), find)) == ["build"]
    assert plan(ALL, ("publish",), find).skipped == {"publish": Skipped("it changes the world outside")}


def test_a_python_that_can_t_be_had_is_skipped_and_no_other_is_asked_for() -> None:
    asked: list[str] = []

    def finding(versions: Iterable[str]) -> Mapping[str, Path | None]:
        asked.extend(versions)
        return find(asked)

    tests = session("tests", pythons=("3.12", "3.16"))
    elsewhere = session("far", pythons=("3.15",), systems=(ELSEWHERE,))
    planned = plan(pipeline(tests, elsewhere), ("tests", "far"), finding)
    assert asked == ["3.12", "3.16"]
    assert names(planned) == [f"tests-3.12 @ {HERE}"]
    assert planned.skipped[f"tests-3.16 @ {HERE}"] == Skipped(
        "Python 3.16 is not on this machine, and uv could not bring it"
    )


def test_what_requires_something_that_can_t_run_here_can_t_either_nor_what_requires_that() -> None:
    chain = pipeline(
        session("far", systems=(ELSEWHERE,)),
        session("near", requires=("far",)),
        session("nearer", requires=("near", "lint")),
        LINT,
    )
    planned = plan(chain, (), find)
    assert names(planned) == ["lint"]
    assert planned.skipped["near"] == Skipped("what it requires can't run on this machine: far")
    assert planned.skipped["nearer"] == Skipped("what it requires can't run on this machine: near, lint")


def test_what_requires_a_session_of_several_systems_takes_what_is_here() -> None:
    both = pipeline(session("tests", systems=(HERE, ELSEWHERE)), COVERAGE)
    (_, coverage) = plan(both, (), find).jobs
    assert coverage.after == (f"tests @ {HERE}",)


def test_a_job_that_only_github_runs_is_told_with_its_counterpart_unless_names_are_given() -> None:
    jobs = tuple(
        HostedJob(name=name, local="audit", workflow=workflow, description="", steps=())
        for name, workflow in (("review", "ci"), ("codeql", "security"))
    )
    planned = plan(pipeline(LINT, hosted_jobs=jobs), (), find)
    assert planned.skipped == {"review": Skipped("only GitHub runs it; here: evenfall run audit")}
    assert planned.absent == ()
    assert plan(pipeline(LINT, hosted_jobs=jobs), ("lint",), find).skipped == {}

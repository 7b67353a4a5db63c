"""The plan contains the jobs that this machine can run, and the reasons to skip the others."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import pytest
from packaging.specifiers import SpecifierSet

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import HostedJob, Job
from evenfall.results import Skipped
from evenfall.run.planner import Plan, make_plan
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


def find_interpreters(versions: Iterable[str]) -> Mapping[str, Path | None]:
    """Find the interpreters of a machine with two Pythons."""
    return {version: PYTHONS.get(version) for version in versions}


def names(plan: Plan) -> list[str]:
    return [job.name for job in plan.jobs]


LINT = session("lint", history=None)
TESTS = session("tests", pythons=("3.11", "3.12"))
COVERAGE = session("coverage", requires=("tests",))
PUBLISH = session("publish", workflows=("cd",), requires=("build",), side_effects=True)
BUILD = session("build", workflows=("ci", "cd"))
ALL = pipeline(LINT, COVERAGE, TESTS, PUBLISH, BUILD)


def test_without_names_the_workflow_ci_is_planned_in_the_order_of_the_noxfile() -> None:
    plan = make_plan(ALL, (), find_interpreters)
    assert names(plan) == ["lint", "coverage", f"tests-3.11 @ {HERE}", f"tests-3.12 @ {HERE}", "build"]
    assert (plan.skipped, plan.skipped_on_systems) == ({}, ())


def test_a_named_session_is_planned_after_all_sessions_that_it_requires() -> None:
    plan = make_plan(ALL, ("coverage",), find_interpreters)
    assert names(plan) == ["coverage", f"tests-3.11 @ {HERE}", f"tests-3.12 @ {HERE}"]
    assert plan.jobs[0].after == (f"tests-3.11 @ {HERE}", f"tests-3.12 @ {HERE}")
    assert [job.after for job in plan.jobs[1:]] == [(), ()]


def test_a_job_has_the_interpreter_of_its_python() -> None:
    pythons = {job.name: job.python for job in make_plan(ALL, ("coverage",), find_interpreters).jobs}
    assert pythons == {
        "coverage": None,
        f"tests-3.11 @ {HERE}": PYTHONS["3.11"],
        f"tests-3.12 @ {HERE}": PYTHONS["3.12"],
    }


@pytest.mark.parametrize("name", ["tests-3.12", f"tests-3.12 @ {HERE}", "tests(late)"])
def test_a_job_can_be_named_as_in_nox_or_as_on_github(name: str) -> None:
    late = Job(name="tests-3.12", aliases=("tests(late)",), python="3.12")
    several = session("tests", pythons=("3.11",))
    tests = msgspec.structs.replace(several, jobs=(*several.jobs, late))
    assert names(make_plan(pipeline(tests), (name,), find_interpreters)) == [f"tests-3.12 @ {HERE}"]


def test_a_named_job_does_not_narrow_a_session_that_another_one_requires() -> None:
    assert names(make_plan(ALL, ("tests-3.12", "coverage"), find_interpreters)) == [
        "coverage",
        f"tests-3.11 @ {HERE}",
        f"tests-3.12 @ {HERE}",
    ]


def test_requirements_of_requirements_are_planned() -> None:
    chain = pipeline(session("c", requires=("b",)), session("b", requires=("a",)), session("a"), session("d"))
    assert names(make_plan(chain, ("c",), find_interpreters)) == ["c", "b", "a"]


def test_an_unknown_name_is_a_usage_error_with_a_suggestion() -> None:
    with pytest.raises(EvenfallError, match=r"'test' is not a session; did you mean 'tests'\?"):
        make_plan(ALL, ("test",), find_interpreters)


def test_a_system_on_which_a_session_does_not_run_is_a_usage_error() -> None:
    with pytest.raises(EvenfallError, match=f"'tests @ beos': tests runs on {HERE}") as caught:
        make_plan(ALL, ("tests @ beos",), find_interpreters)
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "evenfall explain tests")


def test_a_job_of_another_system_is_skipped() -> None:
    both = session("tests", systems=(HERE, ELSEWHERE))
    plan = make_plan(pipeline(both), (), find_interpreters)
    assert names(plan) == [f"tests @ {HERE}"]
    system = "Windows" if ELSEWHERE.startswith("windows") else "Linux"
    assert plan.skipped == {f"tests @ {ELSEWHERE}": Skipped(f"it runs on {system}")}
    assert plan.skipped_on_systems == (f"tests @ {ELSEWHERE}",)


def test_a_job_of_another_processor_is_skipped() -> None:
    plan = make_plan(pipeline(session("tests", systems=(OTHER_PROCESSOR,))), (), find_interpreters)
    assert plan.skipped == {"tests": Skipped(f"it runs on another processor than this machine's {platform.machine()}")}
    assert plan.skipped_on_systems == (f"tests @ {OTHER_PROCESSOR}",)


def test_a_job_on_an_unknown_system_is_skipped() -> None:
    plan = make_plan(pipeline(session("tests", systems=("big-iron",))), (), find_interpreters)
    assert plan.skipped == {"tests": Skipped("it runs on big-iron, which is not a known system")}


def test_a_session_with_side_effects_is_skipped_but_not_its_requirements() -> None:
    assert names(make_plan(ALL, ("publish",), find_interpreters)) == ["build"]
    assert make_plan(ALL, ("publish",), find_interpreters).skipped == {"publish": Skipped("it has side effects")}


def test_a_job_whose_python_cannot_be_installed_is_skipped_and_no_python_of_a_skipped_job_is_requested() -> None:
    requested: list[str] = []

    def find(versions: Iterable[str]) -> Mapping[str, Path | None]:
        requested.extend(versions)
        return find_interpreters(requested)

    tests = session("tests", pythons=("3.12", "3.16"))
    elsewhere = session("far", pythons=("3.15",), systems=(ELSEWHERE,))
    plan = make_plan(pipeline(tests, elsewhere), ("tests", "far"), find, SpecifierSet(">=3.16.2"))
    assert requested == ["3.12", "3.16"]
    assert names(plan) == [f"tests-3.12 @ {HERE}"]
    assert plan.skipped[f"tests-3.16 @ {HERE}"] == Skipped(
        "Python 3.16 (3.16.2 or newer) is not installed and could not be downloaded"
    )


def test_sessions_that_require_a_skipped_session_are_skipped_transitively() -> None:
    chain = pipeline(
        session("far", systems=(ELSEWHERE,)),
        session("near", requires=("far",)),
        session("nearer", requires=("near", "lint")),
        LINT,
    )
    plan = make_plan(chain, (), find_interpreters)
    assert names(plan) == ["lint"]
    assert plan.skipped["near"] == Skipped("it requires far, which can't run on this machine")
    assert plan.skipped["nearer"] == Skipped("it requires near, which can't run on this machine")


def test_a_session_runs_after_the_jobs_of_this_system_of_a_required_session() -> None:
    both = pipeline(session("tests", systems=(HERE, ELSEWHERE)), COVERAGE)
    (_, coverage) = make_plan(both, (), find_interpreters).jobs
    assert coverage.after == (f"tests @ {HERE}",)


def test_a_hosted_job_is_skipped_with_its_local_counterpart_unless_sessions_are_named() -> None:
    jobs = tuple(
        HostedJob(name=name, local="audit", workflow=workflow, description="", steps=())
        for name, workflow in (("review", "ci"), ("codeql", "security"))
    )
    plan = make_plan(pipeline(LINT, hosted_jobs=jobs), (), find_interpreters)
    assert plan.skipped == {"review": Skipped("only GitHub can run it; run here: evenfall run audit")}
    assert plan.skipped_on_systems == ()
    assert make_plan(pipeline(LINT, hosted_jobs=jobs), ("lint",), find_interpreters).skipped == {}

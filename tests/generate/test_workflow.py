from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evenfall.errors import EvenfallError
from evenfall.generate.workflow import DAILY, GATE, WEEKLY, workflow_text
from evenfall.pipeline.model import Action, HostedJob, Pipeline
from evenfall.project.settings import Coverage, Settings
from tests.generate.pipelines import generated, parsed, session


def hosted(name: str, *events: str) -> HostedJob:
    step = Action(uses="ossf/scorecard-action")
    return HostedJob(name=name, local="lint", workflow="ci", description="", steps=(step,), events=events)


def test_an_event_that_never_starts_the_workflow_is_refused() -> None:
    """Its job would always be skipped, which the gate permits."""
    with pytest.raises(EvenfallError) as caught:
        generated(session("lint"), hosted=(hosted("scorecard", "push", "pull-request"),))
    assert caught.value.message == (
        "noxfile.py: hosted job 'scorecard': workflow 'ci' does not run on 'pull-request'; did you mean 'pull_request'?"
    )
    assert caught.value.hint == "correct events= of scorecard"
    pipeline = Pipeline(sessions=(), hosted_jobs=(msgspec.structs.replace(hosted("later", "push"), workflow="cd"),))
    with pytest.raises(EvenfallError, match="workflow 'cd' does not run on 'push'; expected one of: workflow_dispatch"):
        workflow_text(pipeline, "cd", Settings(), {})


def test_a_job_of_one_job_has_its_name_in_plain_sight() -> None:
    job = generated(session("tests", "tests-3.12"))["jobs"]["tests"]
    assert (job["name"], job["runs-on"]) == ("tests-3.12", "ubuntu-latest")
    assert [step["run"] for step in job["steps"] if "run" in step] == ["nox --no-dependencies -s tests-3.12"]
    assert "strategy" not in job


@pytest.mark.parametrize(
    ("jobs", "systems"), [(("a", "b"), ("ubuntu-latest",)), (("a",), ("ubuntu-latest", "macos-latest"))]
)
def test_several_jobs_or_systems_are_a_matrix_that_shows_every_failure(
    jobs: tuple[str, ...], systems: tuple[str, ...]
) -> None:
    job = generated(session("a", *jobs, systems=systems))["jobs"]["a"]
    assert job["strategy"] == {"fail-fast": False, "matrix": {"job": [*jobs], "system": [*systems]}}
    assert (job["name"], job["runs-on"]) == ("${{ matrix.job }} @ ${{ matrix.system }}", "${{ matrix.system }}")


def test_ci_runs_on_all_that_can_reach_the_default_branch() -> None:
    workflow = generated(session("lint"), settings=Settings(default_branch="trunk"))
    assert workflow["on"] == {
        "push": {"branches": ["trunk"]},
        "pull_request": None,
        "merge_group": None,
        "workflow_dispatch": None,
    }


def test_another_workflow_has_its_own_sessions_and_is_started_manual() -> None:
    pipeline = Pipeline(sessions=(session("lint"), session("ship", workflows=("cd",))))
    workflow = parsed(workflow_text(pipeline, "cd", Settings(), {}))
    assert (workflow["name"], workflow["on"]) == ("CD", {"workflow_dispatch": None})
    assert list(workflow["jobs"]) == ["ship", GATE]
    assert workflow["jobs"][GATE]["name"] == "All CD checks pass"


def security(*hosted_jobs: HostedJob) -> dict[str, Any]:
    pipeline = Pipeline(
        sessions=(session("audit", workflows=("security",)),),
        hosted_jobs=tuple(msgspec.structs.replace(job, workflow="security") for job in hosted_jobs),
    )
    workflow: dict[str, Any] = parsed(workflow_text(pipeline, "security", Settings(default_branch="trunk"), {}))
    return workflow


def test_security_runs_on_all_that_can_reach_the_default_branch_and_every_day() -> None:
    assert security()["on"] == {
        "push": {"branches": ["trunk"]},
        "pull_request": None,
        "merge_group": None,
        "schedule": [{"cron": "0 2 * * *"}],
        "workflow_dispatch": None,
    }


def test_a_weekly_job_runs_on_a_line_of_the_schedule_of_its_own() -> None:
    workflow = security(hosted("daily", "schedule"), hosted("weekly", "weekly", "push"), hosted("too", "weekly"))
    assert workflow["on"]["schedule"] == [{"cron": DAILY}, {"cron": WEEKLY}]
    assert workflow["jobs"]["daily"]["if"] == "github.event_name == 'schedule'"
    condition = "github.event.schedule == '0 3 * * 1' || github.event_name == 'push'"
    assert workflow["jobs"]["weekly"]["if"] == condition
    with pytest.raises(EvenfallError, match="workflow 'ci' does not run on 'weekly'"):
        generated(session("lint"), hosted=(hosted("scorecard", "weekly"),))


def test_a_hosted_job_has_the_history_where_it_asks_for_it() -> None:
    jobs = security(hosted("shallow"), msgspec.structs.replace(hosted("deep"), history=True))["jobs"]
    assert jobs["shallow"]["steps"][0]["with"] == {"persist-credentials": False}
    assert jobs["deep"]["steps"][0]["with"] == {"persist-credentials": False, "fetch-depth": 0}


def test_a_required_job_is_waited_for_by_its_session() -> None:
    tests = session("tests", "tests-3.11", "tests-3.12")
    workflow = generated(tests, session("coverage", requires=("tests-3.11", "tests-3.12", "tests")))
    assert workflow["jobs"]["coverage"]["needs"] == ["tests"]


@pytest.mark.parametrize(
    ("artifact", "folder"),
    [
        ("dist/", "dist"),
        ("a/b/", "a/b"),
        ("list.txt", "."),
        ("a/list.txt", "a"),
        ("a/*.txt", "a"),
        ("a/b*/c.txt", "a"),
        ("**/c.txt", "."),
    ],
)
def test_what_a_session_leaves_is_put_back_where_it_was(artifact: str, folder: str) -> None:
    made, takes = session("made", artifacts=(artifact,)), session("takes", requires=("made",))
    jobs = generated(made, takes)["jobs"]
    (left,) = [step["with"] for step in jobs["made"]["steps"] if "upload" in step.get("uses", "")]
    (taken,) = [step["with"] for step in jobs["takes"]["steps"] if "download" in step.get("uses", "")]
    assert (left["path"], left["name"]) == (artifact, "made.0.made @ ubuntu-latest")
    assert taken == {"pattern": "made.0.*", "path": folder, "merge-multiple": True}


def test_the_full_history_is_there_where_it_is_asked_for() -> None:
    jobs = generated(session("shallow", history=False), session("deep", history=True))["jobs"]
    assert jobs["shallow"]["steps"][0]["with"] == {"persist-credentials": False}
    assert jobs["deep"]["steps"][0]["with"] == {"persist-credentials": False, "fetch-depth": 0}


def test_secrets_environment_and_permissions_reach_the_job_that_asks_and_no_other() -> None:
    asks = session("asks", secrets=("KEY",), environment="staging", permissions=(("issues", "write"),), timeout=3)
    jobs = generated(asks, session("lint"))["jobs"]
    (run,) = [step for step in jobs["asks"]["steps"] if "run" in step]
    assert run["env"] == {"EVENFALL_SYSTEM": "ubuntu-latest", "KEY": "${{ secrets.KEY }}"}
    assert jobs["asks"]["permissions"] == {"contents": "read", "issues": "write"}
    assert (jobs["asks"]["environment"], jobs["asks"]["timeout-minutes"]) == ("staging", 3)
    assert "secrets" not in str(jobs["lint"])
    assert jobs["lint"]["permissions"] == {"contents": "read"}
    assert "environment" not in jobs["lint"]


@pytest.mark.parametrize(
    ("codecov", "proof", "permissions"),
    [
        ("off", None, {"contents": "read"}),
        ("oidc", {"use_oidc": True}, {"contents": "read", "id-token": "write"}),
        ("token", {"token": "${{ secrets.CODECOV_TOKEN }}"}, {"contents": "read"}),
    ],
)
def test_only_the_coverage_job_uploads_to_codecov(
    codecov: str, proof: dict[str, object] | None, permissions: dict[str, str]
) -> None:
    settings = Settings(coverage=Coverage(codecov=codecov))  # type: ignore[arg-type]
    jobs = generated(session("lint"), session("coverage"), settings=settings)["jobs"]
    uploads = [step["with"] for step in jobs["coverage"]["steps"] if "codecov" in step.get("uses", "")]
    common = {"files": "coverage-report/coverage.xml", "disable_search": True, "fail_ci_if_error": True}
    assert uploads == ([] if proof is None else [common | proof])
    assert jobs["coverage"]["permissions"] == permissions
    assert "codecov" not in str(jobs["lint"])


def test_the_gate_lets_only_a_job_with_events_be_skipped() -> None:
    jobs = generated(session("lint"), hosted=(hosted("always"), hosted("sometimes", "pull_request", "push")))["jobs"]
    gate = jobs[GATE]
    assert gate["name"] == "All CI checks pass"
    assert (gate["if"], gate["needs"]) == ("always()", ["lint", "always", "sometimes"])
    assert gate["steps"][0]["if"].split(" || ") == [
        "needs.lint.result != 'success'",
        "needs.always.result != 'success'",
        "(needs.sometimes.result != 'success' && needs.sometimes.result != 'skipped')",
    ]
    assert jobs["sometimes"]["if"] == "github.event_name == 'pull_request' || github.event_name == 'push'"
    assert "if" not in jobs["always"]


def test_two_parameters_do_not_put_a_comma_into_the_key_of_a_cache() -> None:
    """GitHub refuses such a key; the cache is then shared by the session's jobs."""
    job = "paint(a=1, b=2)"
    (single,) = [step["with"] for step in generated(session("paint", job))["jobs"]["paint"]["steps"] if "with" in step][
        1:
    ]
    assert single == {"job": "paint"}
    assert f'nox --no-dependencies -s "{job}"' in str(generated(session("paint", job)))


def refusal(*sessions: object, jobs: tuple[HostedJob, ...] = ()) -> EvenfallError:
    with pytest.raises(EvenfallError) as caught:
        generated(*sessions, hosted=jobs)  # type: ignore[arg-type]
    return caught.value


def test_a_session_that_requires_one_of_another_workflow_is_refused() -> None:
    error = refusal(session("check", requires=("ship",)), session("ship", workflows=("cd",)))
    assert str(error) == (
        "noxfile.py: session 'check' of workflow 'ci' requires 'ship', which is not in it\n"
        "  next: give ship workflow=('cd', 'ci')"
    )


def test_a_session_that_requires_a_local_one_is_refused() -> None:
    error = refusal(session("check", requires=("mine",)))
    assert str(error) == (
        "noxfile.py: session 'check' runs in CI and requires 'mine', which is local only\n"
        "  next: declare mine with evenfall.session"
    )


@pytest.mark.parametrize("name", ["lint", "Lint", GATE])
def test_two_jobs_of_one_name_are_refused(name: str) -> None:
    """GitHub does not tell capital letters from small ones in a job's name."""
    error = refusal(session("lint"), jobs=(hosted(name),))
    assert error.message.startswith("noxfile.py: two jobs of workflow 'ci' are named")


@pytest.mark.parametrize("uses", ["nobody/knows", "github/codeql-action/../x", "github/codeql-action/a\nb", "checkout"])
def test_a_hosted_job_with_an_action_that_has_no_pin_is_refused(uses: str) -> None:
    job = HostedJob(name="scan", local="lint", workflow="ci", description="", steps=(Action(uses=uses),))
    error = refusal(session("lint"), jobs=(job,))
    assert error.message == f"noxfile.py: the action {uses!r} is not in Evenfall's table of pins"
    assert "actions/checkout" in error.hint

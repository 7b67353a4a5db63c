from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evenfall.errors import EvenfallError
from evenfall.generate.events import DAILY, WEEKLY
from evenfall.generate.workflow import GATE, workflow_text
from evenfall.pipeline.model import Action, HostedJob, Pipeline, Session
from evenfall.project.settings import Coverage, Release, Settings
from tests.generate.pipelines import generated, parsed, session


def hosted(name: str, *events: str) -> HostedJob:
    step = Action(uses="ossf/scorecard-action")
    return HostedJob(name=name, local="lint", workflow="ci", description="", steps=(step,), events=events)


def test_an_event_that_never_starts_the_workflow_is_rejected() -> None:
    """The gate would permit its job to be skipped every time."""
    with pytest.raises(EvenfallError) as caught:
        generated(session("lint"), hosted=(hosted("scorecard", "push", "pull-request"),))
    assert "did you mean 'pull_request'?" in caught.value.message
    pipeline = Pipeline(sessions=(), hosted_jobs=(msgspec.structs.replace(hosted("later", "push"), workflow="cd"),))
    with pytest.raises(EvenfallError, match="workflow 'cd' does not run on 'push'"):
        workflow_text(pipeline, "cd", Settings(), {})


def test_a_session_of_one_job_has_no_matrix() -> None:
    job = generated(session("tests", "tests-3.12"))["jobs"]["tests"]
    assert (job["name"], job["runs-on"]) == ("tests-3.12", "ubuntu-latest")
    assert [step["run"] for step in job["steps"] if "run" in step] == ["nox --no-dependencies -s tests-3.12"]
    assert "strategy" not in job


@pytest.mark.parametrize(
    ("jobs", "systems"), [(("a", "b"), ("ubuntu-latest",)), (("a",), ("ubuntu-latest", "macos-latest"))]
)
def test_several_jobs_or_systems_are_a_matrix_without_fail_fast(
    jobs: tuple[str, ...], systems: tuple[str, ...]
) -> None:
    job = generated(session("a", *jobs, systems=systems))["jobs"]["a"]
    assert job["strategy"] == {"fail-fast": False, "matrix": {"job": [*jobs], "system": [*systems]}}
    assert (job["name"], job["runs-on"]) == ("${{ matrix.job }} @ ${{ matrix.system }}", "${{ matrix.system }}")


def test_ci_runs_on_every_event_that_can_change_the_default_branch() -> None:
    workflow = generated(session("lint"), settings=Settings(default_branch="trunk"))
    assert workflow["on"] == {
        "push": {"branches": ["trunk"]},
        "pull_request": None,
        "merge_group": None,
        "workflow_dispatch": None,
    }


def workflow_of(name: str, *sessions: Session, settings: Settings | None = None) -> dict[str, Any]:
    """Return a workflow of sessions that are in it, parsed."""
    pipeline = Pipeline(sessions=sessions)
    workflow: dict[str, Any] = parsed(workflow_text(pipeline, name, settings or Settings(), {}))
    return workflow


def test_cd_runs_when_a_release_is_published_and_is_never_cancelled() -> None:
    workflow = workflow_of("cd", session("lint"), session("ship", workflows=("cd",)))
    assert (workflow["name"], list(workflow["jobs"])) == ("CD", ["ship", GATE])
    assert workflow["on"] == {"release": {"types": ["published"]}, "workflow_dispatch": None}
    assert workflow["concurrency"] == {"group": "${{ github.workflow }}-${{ github.ref }}", "cancel-in-progress": False}
    assert workflow["jobs"][GATE]["name"] == "All CD checks pass"


def test_cd_runs_on_a_pushed_tag_if_the_settings_say_so() -> None:
    settings = Settings(release=Release(trigger="tag"))
    workflow = workflow_of("cd", session("ship", workflows=("cd",)), settings=settings)
    assert workflow["on"] == {"push": {"tags": ["v*"]}, "workflow_dispatch": None}


def test_any_other_workflow_is_started_manually() -> None:
    assert workflow_of("later", session("ship", workflows=("later",)))["on"] == {"workflow_dispatch": None}


def test_only_workflows_that_check_changes_use_a_cache() -> None:
    """Another workflow could publish what a cache contains: https://docs.zizmor.sh/audits/#cache-poisoning"""

    def inputs(workflow: str) -> dict[str, object]:
        job = workflow_of(workflow, session("lint", workflows=(workflow,)))["jobs"]["lint"]
        (setup,) = [step["with"] for step in job["steps"] if step.get("uses") == "./.github/actions/nox"]
        return dict(setup)

    assert inputs("ci") == inputs("security") == {"job": "lint"}
    assert inputs("cd") == inputs("later") == {"job": "lint", "cache": False}


def test_a_session_with_events_runs_only_on_them_and_the_gate_permits_it_to_be_skipped() -> None:
    ship = session("ship", events=("push", "merge_group"), requires=("lint",))
    jobs = generated(session("lint"), ship)["jobs"]
    assert jobs["ship"]["if"] == "github.event_name == 'push' || github.event_name == 'merge_group'"
    assert "if" not in jobs["lint"]
    assert jobs[GATE]["steps"][0]["if"] == (
        "needs.lint.result != 'success' || (needs.ship.result != 'success' && needs.ship.result != 'skipped')"
    )


def test_a_session_with_an_event_that_never_starts_the_workflow_is_rejected() -> None:
    assert "workflow 'ci' does not run on 'release'" in refusal(session("ship", events=("release",))).message


@pytest.mark.parametrize("events", [(), ("push", "workflow_dispatch")])
def test_a_session_on_an_event_on_which_a_required_one_is_skipped_is_rejected(events: tuple[str, ...]) -> None:
    """GitHub would skip it as well, and the gate would fail or, worse, permit it."""
    ship, verify = session("ship", events=("push",)), session("verify", requires=("ship",), events=events)
    assert "and requires 'ship', which does not" in refusal(ship, verify).message


@pytest.mark.parametrize("events", [("schedule",), ("weekly",), ("schedule", "push")])
def test_a_session_on_the_events_of_a_required_one_is_accepted(events: tuple[str, ...]) -> None:
    required = session("audit", workflows=("security",), events=events)
    check = session("check", workflows=("security",), events=("weekly",), requires=("audit",))
    workflow = workflow_of("security", required, check)
    assert workflow["on"]["schedule"] == [{"cron": DAILY}, {"cron": WEEKLY}]
    assert workflow["jobs"]["check"]["if"] == "github.event.schedule == '0 3 * * 1'"


def security(*hosted_jobs: HostedJob) -> dict[str, Any]:
    pipeline = Pipeline(
        sessions=(session("audit", workflows=("security",)),),
        hosted_jobs=tuple(msgspec.structs.replace(job, workflow="security") for job in hosted_jobs),
    )
    workflow: dict[str, Any] = parsed(workflow_text(pipeline, "security", Settings(default_branch="trunk"), {}))
    return workflow


def test_security_also_runs_every_day() -> None:
    assert security()["on"] == {
        "push": {"branches": ["trunk"]},
        "pull_request": None,
        "merge_group": None,
        "schedule": [{"cron": "0 2 * * *"}],
        "workflow_dispatch": None,
    }


def test_weekly_jobs_have_their_own_schedule() -> None:
    workflow = security(hosted("daily", "schedule"), hosted("weekly", "weekly", "push"), hosted("too", "weekly"))
    assert workflow["on"]["schedule"] == [{"cron": DAILY}, {"cron": WEEKLY}]
    assert workflow["jobs"]["daily"]["if"] == "github.event_name == 'schedule'"
    condition = "github.event.schedule == '0 3 * * 1' || github.event_name == 'push'"
    assert workflow["jobs"]["weekly"]["if"] == condition
    with pytest.raises(EvenfallError, match="workflow 'ci' does not run on 'weekly'"):
        generated(session("lint"), hosted=(hosted("scorecard", "weekly"),))


def test_a_hosted_job_checks_out_the_history_only_if_declared() -> None:
    jobs = security(hosted("shallow"), msgspec.structs.replace(hosted("deep"), history=True))["jobs"]
    assert jobs["shallow"]["steps"][0]["with"] == {"persist-credentials": False}
    assert jobs["deep"]["steps"][0]["with"] == {"persist-credentials": False, "fetch-depth": 0}


def test_a_session_needs_the_sessions_of_the_jobs_that_it_requires() -> None:
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
def test_an_artifact_is_downloaded_to_the_folder_that_it_was_uploaded_from(artifact: str, folder: str) -> None:
    source, target = session("source", artifacts=(artifact,)), session("target", requires=("source",))
    jobs = generated(source, target)["jobs"]
    (upload,) = [step["with"] for step in jobs["source"]["steps"] if "upload" in step.get("uses", "")]
    (download,) = [step["with"] for step in jobs["target"]["steps"] if "download" in step.get("uses", "")]
    assert (upload["path"], upload["name"]) == (artifact, "source.0.source @ ubuntu-latest")
    assert download == {"pattern": "source.0.*", "path": folder, "merge-multiple": True}


def test_a_session_checks_out_the_history_only_if_declared() -> None:
    jobs = generated(session("shallow", history=False), session("deep", history=True))["jobs"]
    assert jobs["shallow"]["steps"][0]["with"] == {"persist-credentials": False}
    assert jobs["deep"]["steps"][0]["with"] == {"persist-credentials": False, "fetch-depth": 0}


def test_only_the_declaring_job_gets_secrets_environment_and_permissions() -> None:
    deploy = session("deploy", secrets=("KEY",), environment="staging", permissions=(("issues", "write"),), timeout=3)
    jobs = generated(deploy, session("lint"))["jobs"]
    (run,) = [step for step in jobs["deploy"]["steps"] if "run" in step]
    assert run["env"] == {"EVENFALL_SYSTEM": "ubuntu-latest", "KEY": "${{ secrets.KEY }}"}
    assert jobs["deploy"]["permissions"] == {"contents": "read", "issues": "write"}
    assert (jobs["deploy"]["environment"], jobs["deploy"]["timeout-minutes"]) == ("staging", 3)
    assert "secrets" not in str(jobs["lint"])
    assert jobs["lint"]["permissions"] == {"contents": "read"}
    assert "environment" not in jobs["lint"]


@pytest.mark.parametrize(
    ("codecov", "credential", "permissions"),
    [
        ("off", None, {"contents": "read"}),
        ("oidc", {"use_oidc": True}, {"contents": "read", "id-token": "write"}),
        ("token", {"token": "${{ secrets.CODECOV_TOKEN }}"}, {"contents": "read"}),
    ],
)
def test_only_the_coverage_job_uploads_to_codecov(
    codecov: str, credential: dict[str, object] | None, permissions: dict[str, str]
) -> None:
    settings = Settings(coverage=Coverage(codecov=codecov))  # type: ignore[arg-type]
    jobs = generated(session("lint"), session("coverage"), settings=settings)["jobs"]
    uploads = [step["with"] for step in jobs["coverage"]["steps"] if "codecov" in step.get("uses", "")]
    common = {"files": "coverage-report/coverage.xml", "disable_search": True, "fail_ci_if_error": True}
    assert uploads == ([] if credential is None else [common | credential])
    assert jobs["coverage"]["permissions"] == permissions
    assert "codecov" not in str(jobs["lint"])


def test_the_gate_permits_only_a_job_with_events_to_be_skipped() -> None:
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


def test_the_key_of_a_cache_has_no_comma() -> None:
    """GitHub rejects a comma; the jobs of a session with two parameters share a cache."""
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


def test_a_session_that_requires_one_of_another_workflow_is_rejected() -> None:
    error = refusal(session("check", requires=("ship",)), session("ship", workflows=("cd",)))
    assert error.message.startswith("noxfile.py: session 'check' of workflow 'ci' requires 'ship'")
    assert error.hint == "give ship workflow=('cd', 'ci')"


def test_a_session_that_requires_a_local_one_is_rejected() -> None:
    error = refusal(session("check", requires=("mine",)))
    assert error.message.startswith("noxfile.py: session 'check' runs in CI and requires 'mine'")
    assert error.hint == "declare mine with evenfall.session"


@pytest.mark.parametrize("name", ["lint", "Lint", GATE])
def test_two_jobs_of_one_name_are_rejected(name: str) -> None:
    """GitHub ignores case in a job's name."""
    error = refusal(session("lint"), jobs=(hosted(name),))
    assert error.message.startswith("noxfile.py: two jobs of workflow 'ci' are named")


@pytest.mark.parametrize(
    "uses", ["unknown/action", "github/codeql-action/../x", "github/codeql-action/a\nb", "checkout"]
)
def test_a_hosted_job_with_an_action_without_a_pin_is_rejected(uses: str) -> None:
    job = HostedJob(name="scan", local="lint", workflow="ci", description="", steps=(Action(uses=uses),))
    error = refusal(session("lint"), jobs=(job,))
    assert repr(uses) in error.message
    assert "actions/checkout" in error.hint

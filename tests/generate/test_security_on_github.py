"""`act` runs the generated workflow `security`: on each event, the jobs for that event, with the inputs that their actions take."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evenfall.sessions import hosted_jobs
from tests.generate.conftest import RunOnGitHub
from tests.generate.runner import HOSTED, GitHubEvent
from tests.sample_project import SampleProject, copy, regenerated

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="act runs jobs without containers only on Linux"),
]

GATE = "all-checks-pass"
SESSIONS = ("audit", "licenses", "sbom", "review", "secrets")
"""The standard sessions of the workflow security."""
ALWAYS = ("codeql", "trufflehog")
"""The hosted jobs that run on every event."""


def declare_in_ci(project: SampleProject, *names: str) -> None:
    """Replace sessions of the workflow security by empty ones in the workflow ci, where act does not run them."""
    sessions = "".join(f"@evenfall.session\ndef {name}(session): ...\n\n\n" for name in names)
    project.replace(
        "noxfile.py", "evenfall.standard_sessions()\n", f"{sessions}evenfall.standard_sessions(omit={names})\n"
    )
    regenerated(project)


@pytest.fixture(scope="module")
def hosted_only(adopted_template: SampleProject, tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    """A project that has only hosted jobs in the workflow security. A test may run it, but not change it."""
    made = copy(adopted_template, tmp_path_factory.mktemp("hosted") / "lantern")
    declare_in_ci(made, *SESSIONS)
    return made


def succeeded(*jobs: str) -> dict[str, str]:
    return dict.fromkeys((*jobs, GATE), "success")


def inputs(folder: Path) -> dict[str, dict[str, str]]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in (folder / "inputs").glob("*.json")}


def commits(folder: Path, action: str) -> int:
    return int((folder / "inputs" / f"{action}.commits").read_text(encoding="utf-8"))


FIRST_PUSH = {"before": "0" * 40, "after": "f" * 40, "commits": []}


def test_a_first_push_checks_the_whole_history_for_secrets(
    adopted: SampleProject, tmp_path: Path, github: RunOnGitHub
) -> None:
    declare_in_ci(adopted, *(name for name in SESSIONS if name != "secrets"))
    run = github(adopted, GitHubEvent(workflow="security", payload=FIRST_PUSH))
    assert run.results == succeeded("secrets", *ALWAYS), run.log
    assert "reading 3 commits" in run.log
    assert inputs(tmp_path / "github") == {
        "github.codeql-action.init": {"languages": "python", "queries": "security-extended,security-and-quality"},
        "github.codeql-action.analyze": {"category": "/language:python"},
        "trufflesecurity.trufflehog": {
            "base": "",
            "head": "HEAD",
            "extra_args": "--results=verified",
            "version": "3.97.0",
        },
    }
    assert commits(tmp_path / "github", "trufflesecurity.trufflehog") == 3
    assert commits(tmp_path / "github", "github.codeql-action.init") == 1


def test_a_pull_request_has_a_dependency_review(
    hosted_only: SampleProject, tmp_path: Path, github: RunOnGitHub
) -> None:
    run = github(hosted_only, GitHubEvent(name="pull_request", workflow="security"))
    assert run.results == succeeded(*ALWAYS, "dependency-review"), run.log
    assert inputs(tmp_path / "github")["actions.dependency-review-action"] == {
        "fail-on-severity": "moderate",
        "deny-licenses": "GPL-3.0-only, GPL-3.0-or-later, AGPL-3.0-only, AGPL-3.0-or-later",
        "comment-summary-in-pr": "always",
    }


@pytest.mark.parametrize(
    ("name", "payload", "more"),
    [
        ("schedule", {"schedule": "0 2 * * *"}, ()),
        ("schedule", {"schedule": "0 3 * * 1"}, ("scorecard",)),
        ("workflow_dispatch", {"ref": "refs/heads/main", "repository": {"default_branch": "main"}}, ("scorecard",)),
        ("workflow_dispatch", {"ref": "refs/heads/main", "repository": {"default_branch": "trunk"}}, ()),
        ("merge_group", {}, ()),
    ],
    ids=["daily", "weekly", "manual", "manual on another branch", "in a merge queue"],
)
def test_the_scorecard_runs_every_week_and_manually(
    hosted_only: SampleProject,
    tmp_path: Path,
    github: RunOnGitHub,
    name: str,
    payload: dict[str, object],
    more: tuple[str, ...],
) -> None:
    run = github(hosted_only, GitHubEvent(name=name, workflow="security", payload=payload))
    assert run.results == succeeded(*ALWAYS, *more), run.log
    given = inputs(tmp_path / "github")
    assert ("ossf.scorecard-action" in given) is bool(more)
    if more:
        assert given["ossf.scorecard-action"] == {
            "results_file": "results.sarif",
            "results_format": "sarif",
            "publish_results": "false",
        }
        assert given["github.codeql-action.upload-sarif"] == {"sarif_file": "results.sarif", "category": "scorecard"}


@pytest.mark.parametrize(
    ("action", "job"),
    [
        ("github/codeql-action/analyze", "codeql"),
        ("trufflesecurity/trufflehog", "trufflehog"),
        ("actions/dependency-review-action", "dependency-review"),
    ],
)
def test_the_gate_fails_if_a_hosted_job_fails(
    hosted_only: SampleProject, github: RunOnGitHub, action: str, job: str
) -> None:
    event = GitHubEvent(name="pull_request", workflow="security", failing=(action,))
    run = github(hosted_only, event)
    assert run.results == succeeded(*ALWAYS, "dependency-review") | {job: "failure", GATE: "failure"}, run.log


def test_the_gate_fails_if_the_scorecard_can_not_be_uploaded(hosted_only: SampleProject, github: RunOnGitHub) -> None:
    event = GitHubEvent(
        name="schedule",
        workflow="security",
        payload={"schedule": "0 3 * * 1"},
        failing=("github/codeql-action/upload-sarif",),
    )
    run = github(hosted_only, event)
    assert run.results == succeeded(*ALWAYS, "scorecard") | {"scorecard": "failure", GATE: "failure"}, run.log


def test_every_input_of_a_hosted_job_is_one_of_its_action() -> None:
    for job in hosted_jobs.STANDARD:
        for action, given in job.facts["steps"]:
            assert set(given) <= set(HOSTED[action])

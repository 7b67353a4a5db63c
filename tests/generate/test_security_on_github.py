"""The generated security workflow runs: on each event the jobs that it is for, with the inputs that their actions take."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.generate.runner import HOSTED, Event, Run, run_on_github
from tests.made_project import Made, on_one_python, regenerated

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="act runs jobs in host mode on Linux only here"),
    on_one_python,
]

GATE = "all-checks-pass"
ASKING_THE_WORLD = ("audit", "licenses", "sbom", "review")
ALWAYS = ("review", "secrets", "codeql", "trufflehog")


def own(*names: str, omit: tuple[str, ...]) -> str:
    """A noxfile whose sessions of these names take no time, and that has none of those in `omit` otherwise."""
    sessions = [f'@evenfall.session(workflow="security")\ndef {name}(session): ...\n\n\n' for name in names]
    return "".join(sessions) + f"evenfall.standard_sessions(omit={omit})\n"


def run(project: Made, folder: Path, event: Event) -> Run:
    """With two sessions that take no time: what is looked at are the jobs around them."""
    declared = own("review", "secrets", omit=(*ASKING_THE_WORLD, "secrets"))
    project.replace("noxfile.py", "evenfall.standard_sessions()\n", declared)
    regenerated(project)
    return run_on_github(project, folder, event)


def ran(*jobs: str) -> dict[str, str]:
    return dict.fromkeys((*jobs, GATE), "success")


def inputs(folder: Path) -> dict[str, dict[str, str]]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in (folder / "inputs").glob("*.json")}


def commits(folder: Path, action: str) -> int:
    return int((folder / "inputs" / f"{action}.commits").read_text(encoding="utf-8"))


FIRST_PUSH = {"before": "0" * 40, "after": "f" * 40, "commits": []}


def test_a_first_push_runs_the_real_sessions_and_reads_the_whole_history(adopted: Made, tmp_path: Path) -> None:
    adopted.replace("noxfile.py", "evenfall.standard_sessions()\n", own(*ASKING_THE_WORLD, omit=ASKING_THE_WORLD))
    regenerated(adopted)
    found = run_on_github(adopted, tmp_path / "github", Event(workflow="security", payload=FIRST_PUSH))
    assert found.results == ran(*ASKING_THE_WORLD, *ALWAYS), found.log
    assert "betterleaks: reading 3 commits and the working tree" in found.log
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


def test_a_pull_request_has_its_dependencies_reviewed(adopted: Made, tmp_path: Path) -> None:
    found = run(adopted, tmp_path / "github", Event(name="pull_request", workflow="security"))
    assert found.results == ran(*ALWAYS, "dependency-review"), found.log
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
    ids=["daily", "weekly", "by hand", "by hand on another branch", "in a merge queue"],
)
def test_the_scorecard_is_rated_once_a_week_and_manual(
    adopted: Made, tmp_path: Path, name: str, payload: dict[str, object], more: tuple[str, ...]
) -> None:
    found = run(adopted, tmp_path / "github", Event(name=name, workflow="security", payload=payload))
    assert found.results == ran(*ALWAYS, *more), found.log
    got = inputs(tmp_path / "github")
    assert ("ossf.scorecard-action" in got) is bool(more)
    if more:
        assert got["ossf.scorecard-action"] == {
            "results_file": "results.sarif",
            "results_format": "sarif",
            "publish_results": "false",
        }
        assert got["github.codeql-action.upload-sarif"] == {"sarif_file": "results.sarif", "category": "scorecard"}


@pytest.mark.parametrize(
    ("action", "job"),
    [
        ("github/codeql-action/analyze", "codeql"),
        ("trufflesecurity/trufflehog", "trufflehog"),
        ("actions/dependency-review-action", "dependency-review"),
    ],
)
def test_the_gate_is_red_where_one_of_them_finds_something(
    adopted: Made, tmp_path: Path, action: str, job: str
) -> None:
    event = Event(name="pull_request", workflow="security", failing=(action,))
    found = run(adopted, tmp_path / "github", event)
    assert found.results == ran(*ALWAYS, "dependency-review") | {job: "failure", GATE: "failure"}, found.log


def test_a_weekly_scorecard_that_can_not_be_uploaded_is_red(adopted: Made, tmp_path: Path) -> None:
    event = Event(
        name="schedule",
        workflow="security",
        payload={"schedule": "0 3 * * 1"},
        failing=("github/codeql-action/upload-sarif",),
    )
    found = run(adopted, tmp_path / "github", event)
    assert found.results == ran(*ALWAYS, "scorecard") | {"scorecard": "failure", GATE: "failure"}, found.log


def test_no_input_is_given_that_an_action_does_not_take() -> None:
    from evenfall.sessions import hosted_jobs

    for job in hosted_jobs.STANDARD:
        for action, given in job.facts["steps"]:
            assert set(given) <= set(HOSTED[action])

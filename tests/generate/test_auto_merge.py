from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
from click.testing import CliRunner

from evenfall.errors import EvenfallError
from evenfall.generate.auto_merge import auto_merge_text
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import HostedJob, Pipeline
from evenfall.project.settings import Settings
from tests.generate.pipelines import parsed, session
from tests.generate.test_valid import tool
from tests.sample_project import SampleProject

GOLDEN = Path(__file__).parent / "golden" / "auto_merge" / "auto-merge.yml"
PYPROJECT = """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"

[project]
name = "lantern"
version = "1"
requires-python = ">=3.14"

[tool.evenfall.github]
owners = ["@octocat"]
profile = "team"
token-secret = "UPDATES_TOKEN"
"""
NOXFILE = "import evenfall\n\nevenfall.standard_sessions()\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    """A project with the generated workflow, and the action that its job uses."""
    made = SampleProject(tmp_path_factory.mktemp("auto-merge") / "lantern")
    made.write("pyproject.toml", PYPROJECT)
    made.write("noxfile.py", NOXFILE)
    made.write("coverage_target.txt", "100.0\n")
    made.git("init", "--quiet")
    made.write(".github/workflows/auto-merge.yml", auto_merge_text(read_pipeline(made.root), Settings(), {}))
    return made


@pytest.mark.integration
def test_the_workflow_equals_the_golden_file(project: SampleProject) -> None:
    """After an intended change: UPDATE_GOLDEN=1 pytest tests/generate/test_auto_merge.py, then read the difference."""
    text = project.read(".github/workflows/auto-merge.yml")
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8", newline="\n")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.integration
def test_the_workflow_follows_the_schema_and_the_linters_report_nothing(project: SampleProject) -> None:
    path = ".github/workflows/auto-merge.yml"
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        result = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, os.fspath(project.root / path)])
        assert result.exit_code == 0, result.output
    done = project.run(tool("actionlint"), "-shellcheck", tool("shellcheck"), path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    options = ("--offline", "--strict-collection", "--no-progress", "--persona", "pedantic", "--format", "json")
    found = json.loads(project.run(tool("zizmor"), *options, path).stdout)
    assert {each["ident"] for each in found} <= {"undocumented-permissions", "self-repository"}


def workflow(*names: str, hosted: tuple[HostedJob, ...] = ()) -> Any:
    sessions = tuple(session(name, workflows=("auto-merge",), secrets=("GITHUB_TOKEN",)) for name in names)
    return parsed(auto_merge_text(Pipeline(sessions=sessions, hosted_jobs=hosted), Settings(), {}))


def test_the_job_runs_only_for_dependabot_and_without_the_code_of_the_pull_request() -> None:
    made = workflow("auto-merge")
    assert made["on"] == {"pull_request": None}
    assert [*made["jobs"]] == ["auto-merge"]
    job = made["jobs"]["auto-merge"]
    assert "github.event.pull_request.user.login == 'dependabot[bot]'" in job["if"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]
    assert job["steps"][0]["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert job["steps"][1]["with"]["cache"] is False


def test_a_session_with_events_runs_only_for_dependabot_too() -> None:
    own = session("auto-merge", workflows=("auto-merge",), events=("pull_request",))
    made = parsed(auto_merge_text(Pipeline(sessions=(own,)), Settings(), {}))
    assert "dependabot[bot]" in made["jobs"]["auto-merge"]["if"]


def test_another_job_in_the_workflow_is_an_error() -> None:
    with pytest.raises(EvenfallError, match="'celebrate' is in workflow"):
        workflow("auto-merge", "celebrate")
    for name in ("codeql", "auto-merge"):
        hosted = HostedJob(name=name, local="audit", workflow="auto-merge", description="", steps=())
        with pytest.raises(EvenfallError, match=f"'{name}' is in workflow"):
            workflow(hosted=(hosted,))

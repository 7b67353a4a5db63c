from __future__ import annotations

import shutil

import pytest

from evenfall.sessions.workflows import unpinned
from tests.sample_project import SampleProject, regenerated

pytestmark = pytest.mark.integration

OTHER = """\
name: other
on: push
permissions: {}
jobs:
  other:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    timeout-minutes: 5
    steps:
      - run: echo other
"""


def test_a_stale_generated_file_fails_with_its_difference(project: SampleProject) -> None:
    project.replace(".github/workflows/ci.yml", "timeout-minutes: 10", "timeout-minutes: 11")
    done = project.nox("-s", "workflows")
    assert done.returncode == 1
    assert "-    timeout-minutes: 11\n+    timeout-minutes: 10\n" in done.stdout
    assert "nox > Session workflows aborted: generated files are not current\n  next: evenfall generate" in done.stdout


def test_problems_in_workflows_that_were_not_generated_are_warnings(project: SampleProject) -> None:
    """The title of a pull request can inject shell commands into this workflow."""
    injected = OTHER.replace("echo other", 'echo "${{ github.event.pull_request.title }}"')
    project.write(".github/workflows/other.yaml", injected.replace("on: push", "on: pull_request"))
    checkout = f"- uses: actions/checkout@{'0' * 40} # v4.2.1\n        with:\n          persist-credential: false"
    project.write(".github/workflows/more.yml", OTHER.replace("- run: echo other", checkout))
    project.write(".github/workflows/no.yml", "jobs: [\n")
    done = project.nox("-s", "workflows")
    assert done.returncode == 0, done.stdout
    assert "template-injection" in done.stdout
    assert 'input "persist-credential" is not defined in action "actions/checkout@v4"' in done.stdout
    assert "nox > actionlint and zizmor found problems in files that Evenfall did not generate" in done.stdout


def test_an_unknown_runner_in_a_generated_workflow_fails_with_the_line_that_makes_it_known(
    project: SampleProject,
) -> None:
    project.replace("pyproject.toml", '"ubuntu-latest"', '"big-runner"')
    regenerated(project)
    done = project.nox("-s", "workflows")
    assert done.returncode == 1
    hint = "in .github/actionlint.yaml: self-hosted-runner: {labels: [big-runner]}"
    assert f"Session workflows aborted: actionlint failed\n  next: {hint}" in done.stdout

    project.write(".github/actionlint.yaml", "self-hosted-runner: {labels: [big-runner]}\n")
    done = project.nox("-s", "workflows", "-R")
    assert done.returncode == 0, done.stdout


def test_missing_workflows_are_not_current(project: SampleProject) -> None:
    shutil.rmtree(project.root / ".github")
    done = project.nox("--no-venv", "-s", "workflows")
    assert done.returncode == 1
    assert "aborted: generated files are not current\n  next: evenfall generate" in done.stdout


def test_unpinned_replaces_a_pin_by_its_tag() -> None:
    sha = "0123456789" * 4
    assert unpinned(f"- uses: a/b/c@{sha} # v4.2.1\n") == "- uses: a/b/c@v4\n"
    assert unpinned("- uses: ./.github/actions/nox\n") == "- uses: ./.github/actions/nox\n"
    assert unpinned(f"- uses: a/b@{sha}\n") == f"- uses: a/b@{sha}\n"

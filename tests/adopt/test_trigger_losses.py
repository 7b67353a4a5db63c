from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.trigger_losses import lost_triggers
from evenfall.project.settings import Settings
from tests.adopt.own_ci import CI, FOLDER
from tests.sample_project import SampleProject


def lost(root: Path, on: str, workflow: str = "ci") -> list[str]:
    SampleProject(root).write(CI, f"on: {on}\njobs: {{}}\n")
    return [*lost_triggers(root, CI, workflow, Settings())]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("push", ["push to every branch and tag"]),
        ("{push: {branches-ignore: [x]}}", ["push to other branches"]),
        ("{push: {branches: [main], paths: [src]}}", []),
        ("{push: {branches: main}}", []),
        ("{push: {branches: [main, 1.x], tags: ['v*']}}", ["push to the branches 1.x", "push of the tags v*"]),
        ("{push: {tags: ['v*']}}", ["push of the tags v*"]),
        ("[pull_request, merge_group, workflow_dispatch]", []),
        ("{pull_request: {types: [opened, labeled]}}", ["pull_request (labeled)"]),
        ("{pull_request: {branches: [main]}}", []),
        ("{schedule: [{cron: 0 3 * * *}, text]}", ["schedule 0 3 * * *"]),
        ("{schedule: }", []),
        ("{schedule: 5}", []),
        ("{workflow_dispatch: {inputs: 5}}", []),
        ("{workflow_dispatch: {inputs: {a: {}, b: }}}", ["workflow_dispatch with the inputs a, b"]),
        ("workflow_call", ["workflow_call"]),
        ("{release: {types: [published]}}", ["release (published)"]),
        ("{workflow_run: {workflows: [Build]}}", ["workflow_run (Build)"]),
        ("pull_request_target", ["pull_request_target"]),
    ],
)
def test_triggers_that_the_workflow_ci_does_not_have(tmp_path: Path, on: str, expected: list[str]) -> None:
    assert lost(tmp_path, on) == expected


def test_other_workflows_have_other_triggers(tmp_path: Path) -> None:
    assert lost(tmp_path, "{schedule: [{cron: 1 1 * * 1}]}", "security") == []
    assert lost(tmp_path, "{release: {types: [published, edited]}}", "cd") == ["release (edited)"]
    assert lost(tmp_path, "[pull_request, push]", "cd") == ["pull_request", "push to every branch and tag"]


def test_the_callers_of_a_workflow_are_named(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(f"{FOLDER}/release.yml", f"on: push\njobs: {{a: {{uses: ./{CI}}}}}\n")
    assert lost(tmp_path, "workflow_call") == [f"workflow_call, by {FOLDER}/release.yml"]

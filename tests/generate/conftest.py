from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Prepare
from tests.generate.runner import GitHubEvent, WorkflowRun, run_on_github
from tests.sample_project import SampleProject

RunOnGitHub = Callable[[SampleProject, GitHubEvent], WorkflowRun]


@pytest.fixture
def github(prepare: Prepare, tmp_path: Path) -> RunOnGitHub:
    """Return a function that runs a workflow of a project as GitHub would; its files are in the folder `github` of the test."""
    tools = prepare("github-tools", lambda folder: None)
    return lambda project, event: run_on_github(project, tmp_path / "github", event, tools)

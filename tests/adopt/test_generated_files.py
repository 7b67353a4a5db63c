from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.generated_files import generate
from evenfall.adopt.workflow_retention import find_kept_workflows
from evenfall.errors import EvenfallError, Exit
from evenfall.generate.hand_written import read_text
from evenfall.generate.yaml import MARKER
from evenfall.git.project_copy import scratch_copy
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

ACTION = ".github/actions/nox/action.yml"
CI = ".github/workflows/ci.yml"
MERGE = ".github/workflows/merge-bots.yml"
OTHER = ".github/workflows/release.yml"
PYTHON = Path(sys.executable)


@pytest.fixture
def adoption(project: SampleProject) -> Adoption:
    return Adoption(root=project.root, scratch=project.root, header="")


def test_generated_files_replace_existing_ones_and_other_workflows_stay(project: SampleProject) -> None:
    triggers = "{push: {branches: [main, 1.x], tags: ['v*']}, pull_request: null, schedule: [{cron: 0 2 * * *}]}"
    project.write(CI, f"name: mine\non: {triggers}\njobs:\n  smoke: {{}}\n  fuzz: {{}}\n")
    project.write(ACTION, "name: mine\n")
    other = "name: release\non: push\njobs: {}\n"
    project.write(OTHER, other)
    project.commit("workflows")
    project.write(ACTION, "name: mine, changed\n")
    with scratch_copy(project.root) as scratch:
        adoption = Adoption(root=project.root, scratch=scratch, header="")
        generate(adoption, PYTHON)
        assert read_text(scratch / CI).startswith(MARKER)
        assert read_text(scratch / ACTION).startswith(MARKER)
        assert read_text(scratch / OTHER) == other
    action_note, ci_note = adoption.notes
    assert (ACTION in action_note, "not committed" in action_note) == (True, True)
    assert (CI in ci_note, "git keeps" in ci_note) == (True, True)
    assert "smoke, fuzz, started by push (main, 1.x, v*), pull_request, schedule" in ci_note


def test_files_that_a_generated_one_would_replace_or_repeat_stay(project: SampleProject) -> None:
    table = '\n[tool.evenfall.github]\nowners = ["@octocat"]\nprofile = "solo"\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + table)
    own = {"CODEOWNERS": "* @octocat\n", ".github/dependabot.yml": "version: 2\n", MERGE: "run: gh pr merge --auto\n"}
    for path, text in own.items():
        project.write(path, text)
    project.commit("files")
    with scratch_copy(project.root) as scratch:
        adoption = Adoption(root=project.root, scratch=scratch, header="")
        generate(adoption, PYTHON)
        assert {path: read_text(scratch / path) for path in own} == own
        assert not (scratch / ".github/CODEOWNERS").exists()
        assert not (scratch / ".github/workflows/auto-merge.yml").exists()
        assert f"`{MERGE}`" in read_text(scratch / "docs/DEPLOYMENT.md")
    assert sorted(kept.path for kept in adoption.kept) == sorted(own)
    assert adoption.notes == []
    assert [*find_kept_workflows(adoption, {})] == []


def test_an_error_of_the_generation_is_raised_with_its_hint(project: SampleProject, adoption: Adoption) -> None:
    project.replace("noxfile.py", "evenfall.standard_sessions()", "evenfall.standard_sessions()\nprint('hello')")
    with pytest.raises(EvenfallError, match="prints") as caught:
        generate(adoption, PYTHON)
    assert caught.value.exit_code is Exit.USAGE
    assert caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_generation_that_was_killed_could_not_find_out(project: SampleProject, adoption: Adoption) -> None:
    project.replace(
        "noxfile.py", "import nox\n", "import nox\nimport os\nimport signal\n\nos.kill(os.getppid(), signal.SIGKILL)\n"
    )
    with pytest.raises(EvenfallError, match="ended with -9") as caught:
        generate(adoption, PYTHON)
    assert caught.value.exit_code is Exit.UNKNOWN

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.generated_files import generate
from evenfall.adopt.workflow_retention import find_kept_workflows
from evenfall.errors import EvenfallError, Exit
from evenfall.git.project_copy import scratch_copy
from evenfall.pipeline.marker import read_text
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


def adopted(project: SampleProject, *replace: str) -> Iterator[Adoption]:
    """Yield the adoption with its scratch copy, in which the files are generated."""
    with scratch_copy(project.root) as scratch:
        adoption = Adoption(root=project.root, scratch=scratch, header="", replace=replace)
        generate(adoption, PYTHON)
        adoption.record_generated()
        yield adoption


def test_hand_written_files_stay_and_generated_ones_get_other_names(project: SampleProject) -> None:
    own = {CI: "name: mine\non: push\njobs: {}\n", ACTION: "name: mine\n", OTHER: "name: release\n"}
    for path, text in own.items():
        project.write(path, text)
    for adoption in adopted(project):
        assert {path: read_text(adoption.scratch / path) for path in own} == own
        made = read_text(adoption.scratch / ".github/workflows/evenfall-ci.yml")
        assert "name: Evenfall CI\n" in made
        assert "name: All Evenfall CI checks pass\n" in made
        assert "uses: ./.github/actions/evenfall-nox\n" in made
        assert [(file.path, file.generated, file.is_replaced) for file in adoption.losses] == [
            (CI, CI, False),
            (ACTION, ACTION, False),
        ]
        assert [kept.path for kept in adoption.kept] == [CI]


def test_a_file_is_replaced_if_the_user_wants_it(project: SampleProject) -> None:
    project.write(".github/workflows/ci.yaml", "on: push\njobs: {upload: {steps: [{run: uv publish}]}}\n")
    project.write(ACTION, "name: mine\n")
    (project.root / CI).unlink()
    project.commit("workflows")
    project.write(ACTION, "name: mine, changed\n")
    for adoption in adopted(project, ".github/workflows/ci.yaml", ACTION):
        changes = {change.path: change.new for change in adoption.plan(None).changes}
        assert sorted(changes) == sorted([ACTION, ".github/workflows/ci.yaml", CI])
        assert (changes[".github/workflows/ci.yaml"], "name: CI\n" in str(changes[CI])) == (None, True)
        assert [note for note in adoption.notes if ACTION in note and "not committed" in note]
        assert "ci.yaml would be replaced" in adoption.refusals[0]


def test_a_workflow_that_was_kept_can_be_replaced_later(project: SampleProject) -> None:
    generated = project.read(CI)
    project.write(CI, "name: mine\non: push\njobs: {}\n")
    assert project.command("generate").returncode == 0
    project.commit("own")
    for adoption in adopted(project, CI):
        changes = {change.path: change.new for change in adoption.plan(None).changes}
        assert changes == {CI: generated, ".github/workflows/evenfall-ci.yml": None}


def test_only_a_file_that_stands_in_the_place_of_a_generated_one_can_be_replaced(project: SampleProject) -> None:
    project.write(OTHER, "name: release\n")
    with pytest.raises(EvenfallError, match="no generated file would replace it"):
        next(adopted(project, OTHER))


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
        "noxfile.py",
        "import nox\n",
        "import nox\nimport os\nimport signal\n\nif os.path.exists('read'):  # adoption itself reads the noxfile first\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\nopen('read', 'w').close()\n",
    )
    with pytest.raises(EvenfallError, match="ended with -9") as caught:
        generate(adoption, PYTHON)
    assert caught.value.exit_code is Exit.UNKNOWN

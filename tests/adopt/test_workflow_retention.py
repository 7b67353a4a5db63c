"""The project's own workflows that stay; `own` is the project before, and `adoption.scratch` the project after the adoption."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.publication import publishing_workflows
from evenfall.adopt.workflow_retention import check_kept_workflows, find_kept_workflows
from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.marker import MARKER
from tests.adopt.own_ci import checks
from tests.sample_project import SampleProject

CI = ".github/workflows/ci.yml"
OTHER = ".github/workflows/other.yml"
GENERATED = f"{MARKER}name: CI\non: push\njobs: {{}}\n"
PUBLISHES = "on: push\njobs: {upload: {steps: [{run: uv publish}]}}\n"


@pytest.fixture
def own(tmp_path: Path) -> SampleProject:
    return SampleProject(tmp_path / "own")


@pytest.fixture
def adoption(own: SampleProject, tmp_path: Path) -> Adoption:
    """An adoption that replaces ci.yml."""
    own.write(CI, "name: Checks\non: push\njobs: {tests: {}}\n")
    adopted = SampleProject(tmp_path / "adopted")
    adopted.write(CI, GENERATED)
    return Adoption(root=own.root, scratch=adopted.root, header="")


def keep(adoption: Adoption, path: str, text: str) -> None:
    for root in (adoption.root, adoption.scratch):
        SampleProject(root).write(path, text)


def check(adoption: Adoption) -> None:
    check_kept_workflows(adoption)


def kept(adoption: Adoption) -> dict[str, str]:
    return {file.path: file.difference for file in find_kept_workflows(adoption, publishing_workflows(adoption.root))}


def refused(adoption: Adoption) -> EvenfallError:
    with pytest.raises(EvenfallError) as caught:
        check(adoption)
    assert caught.value.exit_code is Exit.USAGE
    return caught.value


def test_the_plan_says_of_a_workflow_that_stays_what_it_publishes_or_repeats(adoption: Adoption) -> None:
    runs = "on: push\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{{run: {0}}}]}}}}\n"
    keep(adoption, OTHER, runs.format("mkdocs build"))
    keep(adoption, ".github/workflows/nightly.yaml", runs.format("pytest"))
    keep(adoption, ".github/workflows/publish.yaml", runs.format("nox -s publish"))
    assert [*kept(adoption)] == [".github/workflows/publish.yaml"]
    adoption.checks = checks(adoption.scratch)
    found = kept(adoption)
    assert [*found] == [".github/workflows/nightly.yaml", OTHER, ".github/workflows/publish.yaml"]
    assert found[OTHER].startswith("none of its jobs only repeats")
    assert found[".github/workflows/nightly.yaml"].startswith("its job a repeats sessions of Evenfall")


def test_the_plan_says_that_a_publish_job_stays_and_how_to_replace_it(adoption: Adoption) -> None:
    keep(adoption, OTHER, PUBLISHES)
    check(adoption)
    difference = kept(adoption)[OTHER]
    assert "job upload: uv publish" in difference
    assert difference.endswith("evenfall init --release")


def test_with_a_release_the_plan_says_that_both_would_publish(adoption: Adoption) -> None:
    keep(adoption, OTHER, PUBLISHES)
    adoption.release = True
    check(adoption)
    difference = kept(adoption)[OTHER]
    assert "gh workflow disable other.yml" in difference
    assert difference.endswith("from other.yml to cd.yml")


def test_a_workflow_with_other_jobs_is_not_to_be_disabled(adoption: Adoption) -> None:
    keep(
        adoption, OTHER, "on: push\njobs: {upload: {steps: [{run: uv publish}]}, lint: {steps: [{run: ruff check}]}}\n"
    )
    adoption.release = True
    assert "gh workflow disable" not in kept(adoption)[OTHER]


def test_a_kept_workflow_must_not_call_one_that_can_no_longer_be_called(adoption: Adoption) -> None:
    caller = f"on: push\njobs:\n  checks: {{uses: ./{CI}}}\n  docs: {{uses: ./.github/workflows/docs.yml}}\n"
    keep(adoption, OTHER, caller)
    assert refused(adoption).message.startswith(f"{OTHER}: calls {CI}")
    SampleProject(adoption.scratch).write(CI, GENERATED.replace("on: push", "on: [push, workflow_call]"))
    check(adoption)


def test_the_commands_that_name_a_file_quote_it(adoption: Adoption) -> None:
    path = ".github/workflows/a;b.yml"
    SampleProject(adoption.root).write(path, "name: Docs\non: workflow_call\njobs: {}\n")
    SampleProject(adoption.scratch).write(path, GENERATED)
    keep(adoption, OTHER, f"on: push\njobs: {{checks: {{uses: './{path}'}}}}\n")
    assert f"git mv '{path}' " in refused(adoption).hint
    keep(adoption, OTHER, "on: {workflow_run: {workflows: [Docs]}}\njobs: {}\n")
    assert f"--replace '{path}';" in refused(adoption).hint
    keep(adoption, OTHER, "on: push\njobs: {}\n")
    adoption.release = True
    keep(adoption, ".github/workflows/c;d.yml", PUBLISHES)
    assert "gh workflow disable 'c;d.yml', " in kept(adoption)[".github/workflows/c;d.yml"]


def test_a_workflow_that_publishes_must_not_lose_the_workflow_that_it_calls(adoption: Adoption) -> None:
    keep(adoption, OTHER, f"on: push\njobs: {{checks: {{uses: ./{CI}}}, upload: {{steps: [{{run: uv publish}}]}}}}\n")
    assert CI in refused(adoption).message
    adoption.release = True
    assert CI in refused(adoption).message


def test_a_kept_workflow_must_not_use_an_action_that_is_replaced(adoption: Adoption) -> None:
    keep(adoption, OTHER, "on: push\njobs: {a: {steps: [{uses: ./.github/actions/nox }]}}\n")
    adoption.replace = (CI, ".github/actions/nox/action.yml")
    assert refused(adoption).message.startswith(f"{OTHER}: uses ./.github/actions/nox, ")
    adoption.replace = (CI, ".github/actions/other/action.yml")
    check(adoption)


def test_a_kept_workflow_must_not_start_after_one_that_no_longer_exists(adoption: Adoption) -> None:
    keep(adoption, OTHER, "on: {workflow_run: {workflows: [Checks]}}\njobs: {}\n")
    error = refused(adoption)
    assert "'Checks'" in error.message
    assert "'CI'" in error.hint
    keep(adoption, OTHER, "on: {workflow_run: {workflows: [Checks, CI]}}\njobs: {}\n")
    check(adoption)
    keep(adoption, OTHER, "on: {workflow_run: {workflows: [Docs]}}\njobs: {}\n")
    check(adoption)

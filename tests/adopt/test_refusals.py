from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.losses import FileLosses, Kind, Loss
from evenfall.adopt.refusals import refusals
from tests.adopt.own_ci import CI, FOLDER, checks
from tests.sample_project import SampleProject

OTHER = f"{FOLDER}/other.yml"
TESTS = "on: push\njobs: {tests: {runs-on: ubuntu-latest, steps: [{run: pytest}]}}\n"
LINT = "on: push\njobs: {lint: {runs-on: ubuntu-latest, steps: [{uses: pre-commit/action@v3}]}}\n"


def file(path: str, *losses: Loss, is_replaced: bool = True) -> FileLosses:
    return FileLosses(path=path, generated=CI, is_replaced=is_replaced, losses=losses)


def refused(root: Path, sessions: tuple[str, ...], *files: FileLosses) -> list[str]:
    """The first words of each reason."""
    return [reason.partition(":")[0] for reason in refusals(root, files, checks(root, *sessions))]


def test_a_publication_that_would_stop_is_a_reason(tmp_path: Path) -> None:
    loss = Loss(kind=Kind.PUBLICATION, what="uv publish", jobs=("upload",))
    other = Loss(kind=Kind.CHECK, what="mypy")
    (reason,) = refused(tmp_path, (), file(CI, loss, other), file(OTHER, loss, is_replaced=False))
    assert reason == f"{CI} would be replaced, and it publishes the project (uv publish)"


def test_all_tests_that_would_go_are_a_reason(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(CI, TESTS)
    assert refused(tmp_path, ("lint",), file(CI)) == ["CI would run no tests and still pass"]
    assert refused(tmp_path, ("lint",), file(CI, is_replaced=False)) == []
    assert refused(tmp_path, ("lint", "tests"), file(CI)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("on: push", "on: release"),
        ("on: push", "on: {push: {tags: [v*]}}"),
        ("{run: pytest}", "{run: pytest || true}"),
        ("{run: pytest}", "{run: pytest, continue-on-error: true}"),
        ("{runs-on", "{continue-on-error: true, runs-on"),
    ],
)
def test_tests_that_do_not_run_for_a_change_or_can_not_fail_do_not_count(tmp_path: Path, old: str, new: str) -> None:
    SampleProject(tmp_path).write(CI, TESTS.replace(old, new))
    assert refused(tmp_path, ("lint",), file(CI, is_replaced=False)) == ["CI would run no tests and still pass"]


def test_a_pipeline_without_tests_is_a_reason_even_if_there_was_no_ci(tmp_path: Path) -> None:
    assert refused(tmp_path, ("lint",)) == ["CI would run no tests and still pass"]


def test_all_linters_that_would_go_are_a_reason(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(CI, LINT)
    assert refused(tmp_path, ("tests",), file(CI)) == ["CI would run no linter"]
    assert refused(tmp_path, ("tests",), file(CI, is_replaced=False)) == []
    assert refused(tmp_path, ("tests", "lint"), file(CI)) == []
    SampleProject(tmp_path).write(CI, TESTS)
    assert refused(tmp_path, ("tests",), file(CI)) == []

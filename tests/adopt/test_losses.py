"""What would be lost with a hand-written workflow; each case is one that many projects have."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.losses import Kind, find_losses
from evenfall.adopt.publication import publishing_workflows
from tests.adopt.own_ci import CI, checks
from tests.sample_project import SampleProject


def losses(
    root: Path, text: str, *, settings: str = "", release: bool = False, path: str = CI
) -> list[tuple[str, str, str]]:
    """The losses in a project whose pipeline has all standard sessions, without the triggers of a push."""
    SampleProject(root).write(path, text)
    (file,) = find_losses(root, {path: CI}, (), checks(root, settings=settings, release=release))
    found = [(loss.kind.value, loss.what, ", ".join(loss.jobs)) for loss in file.losses]
    return [loss for loss in found if loss[1] != "push to every branch and tag"]


def job(steps: str, more: str = "") -> str:
    lines = "".join(f"      {line}\n" for line in steps.splitlines())
    return f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n{more}    steps:\n{lines}"


def test_a_workflow_that_publishes_on_a_tag(tmp_path: Path) -> None:
    text = (
        "on: {push: {branches: [main], tags: ['v*']}}\njobs:\n  tests: {runs-on: ubuntu-latest, steps: [{run: pytest}]}\n"
        "  upload:\n    runs-on: ubuntu-latest\n    permissions: {id-token: write}\n    environment: pypi\n"
        "    steps: [{uses: pypa/gh-action-pypi-publish@release/v1}]\n"
    )
    assert losses(tmp_path, text) == [
        ("publication", "pypa/gh-action-pypi-publish", "upload"),
        ("trigger", "push of the tags v*", ""),
        ("permission", "id-token: write", "upload"),
    ]
    assert losses(tmp_path, text, release=True) == [("trigger", "push of the tags v*", "")]
    assert [*publishing_workflows(tmp_path)] == [CI]


def test_pypy_macos_and_a_newer_python(tmp_path: Path) -> None:
    matrix = "    strategy: {matrix: {os: [windows-latest, macos-13], py: ['3.12', pypy3.11, 3.14-dev]}}\n"
    text = job(
        "- {uses: actions/setup-python@v6, with: {python-version: '${{ matrix.py }}'}}\n- {run: pytest}", matrix
    ).replace("ubuntu-latest", "${{ matrix.os }}")
    assert losses(tmp_path, text) == [
        ("system", "macos-13", "a"),
        ("Python", "pypy3.11", "a"),
        ("Python", "3.14", "a"),
    ]


def test_a_job_that_the_pipeline_knows_nothing_of(tmp_path: Path) -> None:
    assert losses(tmp_path, job("- {run: mkdocs build}\n- {uses: actions/github-script@v8}")) == [
        ("job", "a: mkdocs build", "a"),
        ("documentation", "mkdocs build", "a"),
        ("not understood", "actions/github-script", "a"),
    ]


def test_everything_beside_the_tests(tmp_path: Path) -> None:
    steps = """\
- {run: sudo apt-get install graphviz}
- {run: uv run --resolution lowest-direct pytest}
- {run: pytest --runslow}
- {run: pytest --doctest-modules}
- {run: pylint src}
- {run: asv run}
- {run: 'python check.py'}
- {uses: codecov/codecov-action@v5, with: {flags: unit, token: "${{ secrets.CODECOV_TOKEN }}"}}
- {uses: actions/upload-artifact@v5, with: {path: site}}
- {uses: actions/upload-artifact@v5, with: {path: dist/}}"""
    more = (
        "    services: {db: postgres}\n    container: alpine\n    env: {DATABASE: x, FORCE_COLOR: 1, UV_RESOLUTION: lowest}\n"
        "    permissions: {contents: write}\n"
    )
    assert losses(tmp_path, job(steps, more)) == [
        ("tests", "pytest --runslow (the session tests runs pytest without --runslow)", "a"),
        ("tests", "with other packages: uv run --resolution lowest-direct pytest", "a"),
        ("check", "pylint src", "a"),
        ("doctests", "pytest --doctest-modules", "a"),
        ("benchmark", "asv run", "a"),
        ("coverage upload", "codecov/codecov-action, flags unit", "a"),
        ("service", "db (postgres)", "a"),
        ("container", "alpine", "a"),
        ("secret", "CODECOV_TOKEN", "a"),
        ("artifact", "site", "a"),
        ("permission", "contents: write", "a"),
        ("variable", "DATABASE", "a"),
        ("variable", "UV_RESOLUTION", "a"),
        ("system packages", "apt-get install graphviz", "a"),
        ("not understood", "`python check.py`", "a"),
    ]


def test_what_the_settings_cover_is_not_lost(tmp_path: Path) -> None:
    text = job(
        "- {run: pytest}\n- {uses: codecov/codecov-action@v5, env: {X: '${{ secrets.CODECOV_TOKEN }}'}}",
        "    permissions: {security-events: write}\n",
    )
    assert losses(tmp_path, text, settings='[tool.evenfall.coverage]\ncodecov = "token"\n') == []
    text = text.replace("security-events", "id-token").replace("${{ secrets.CODECOV_TOKEN }}", "")
    assert losses(tmp_path, text, settings='[tool.evenfall.coverage]\ncodecov = "oidc"\n') == []


def test_one_thing_in_several_jobs_is_one_loss(tmp_path: Path) -> None:
    text = "on: push\njobs:\n" + "".join(
        f"  {name}: {{runs-on: ubuntu-24.04, steps: [{{run: ruff check && ty check}}]}}\n" for name in "ab"
    )
    assert losses(tmp_path, text) == [("check", "ty check", "a, b")]


@pytest.mark.parametrize(("command", "is_lost"), [("mypy", True), ("pytest && mypy", True), ("pytest", False)])
def test_linters_on_several_pythons(tmp_path: Path, command: str, is_lost: bool) -> None:
    matrix = "    strategy: {matrix: {py: ['3.11', '3.12']}}\n"
    steps = (
        f"- {{uses: actions/setup-python@v6, with: {{python-version: '${{{{ matrix.py }}}}'}}}}\n- {{run: {command}}}"
    )
    what = "on Python 3.11, 3.12; other sessions than tests run on one Python"
    assert losses(tmp_path, job(steps, matrix)) == ([("check", what, "a")] if is_lost else [])


@pytest.mark.parametrize("text", ["{[", "jobs: 1\n"])
def test_an_invalid_workflow_is_not_understood(tmp_path: Path, text: str) -> None:
    assert losses(tmp_path, text) == [
        ("job", "the file, which is not a valid workflow with jobs", ""),
        ("not understood", "the file, which is not a valid workflow with jobs", ""),
    ]


def test_of_other_files_every_line_would_be_lost(tmp_path: Path) -> None:
    found = losses(tmp_path, "# owners\n\n* @octocat\n/docs @ada\n", path="CODEOWNERS")
    assert found == [(Kind.CONTENT, "* @octocat", ""), (Kind.CONTENT, "/docs @ada", "")]


def test_a_file_is_replaced_if_the_user_names_it(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(CI, "on: push\njobs: {}\n")
    (file,) = find_losses(tmp_path, {CI: CI}, (CI,), checks(tmp_path))
    assert (file.path, file.generated, file.is_replaced) == (CI, CI, True)

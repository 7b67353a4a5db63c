"""Which jobs of a workflow publish the project, and which do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.publication import PublishingWorkflow, publishing_workflows
from tests.sample_project import SampleProject

PATH = ".github/workflows/release.yml"


@pytest.fixture
def made(tmp_path: Path) -> SampleProject:
    return SampleProject(tmp_path)


def with_job(made: SampleProject, *lines: str) -> PublishingWorkflow | None:
    """The workflow with a job of these lines, if it publishes."""
    text = "".join(f"    {line}\n" for line in lines)
    made.write(PATH, f"name: release\non: push\njobs:\n  tests: {{}}\n  upload:\n{text}")
    return publishing_workflows(made.root).get(PATH)


@pytest.mark.parametrize(
    ("step", "evidence"),
    [
        ("uses: pypa/gh-action-pypi-publish@release/v1", "pypa/gh-action-pypi-publish"),
        ("uses: JRubics/poetry-publish@v2", "JRubics/poetry-publish"),
        ("run: uv publish", "uv publish"),
        ("run: uv --quiet publish", "uv --quiet publish"),
        ("run: uv --quiet publish --trusted-publishing always", "uv --quiet publish"),
        ("run: python -m twine upload dist/*", "twine upload"),
        ("run: uvx twine --no-color upload dist/*", "twine --no-color upload"),
        ("run: uv build && hatch publish", "hatch publish"),
        ("run: flit publish", "flit publish"),
        ("run: poetry publish --build", "poetry publish"),
        ("run: python -m pypi_attestations sign dist/*", ""),
        ("run: pypi-attestations sign dist/*", "pypi-attestations sign"),
        ("run: python setup.py sdist upload", "setup.py sdist upload"),
        ("run: uv run nox -s release", "nox -s release"),
        ("run: make publish", "make publish"),
        ('run: "# first\\nuv \\\\\\n  publish"', "uv publish"),
        ("environment: pypi\n        run: uv publish", "uv publish"),
        ("env: {TWINE_PASSWORD: secret}", "TWINE_PASSWORD"),
        ("env: {POETRY_HTTP_BASIC_PYPI_PASSWORD: secret}", "POETRY_HTTP_BASIC_PYPI_PASSWORD"),
        ("{uses: PyO3/maturin-action@v1, with: {command: upload, args: dist/*}}", "command: upload"),
        ("run: bash scripts/publish.sh", "scripts/publish.sh"),
        ("run: ./bin/release", "bin/release"),
        ("run: cat docs/release.md bin/release-notes bin/publish/index", ""),
        ("run: uv publish --dry-run", ""),
        ('run: "# uv publish\\nuv build"', ""),
        ("run: make publish-docs", ""),
        ("run: uv build; echo publish", ""),
        ("run: make release-notes", ""),
        ("name: Build with uv and upload the files", ""),
        ("uses: actions/upload-artifact@v4", ""),
        ("uses: softprops/action-gh-release@v2", ""),
    ],
)
def test_a_step_that_publishes_is_recognized(made: SampleProject, step: str, evidence: str) -> None:
    found = with_job(made, "steps:", f"  - {step}")
    assert (found.evidence if found else "") == evidence
    assert found is None or found.jobs == ("upload",)


@pytest.mark.parametrize(
    ("lines", "publishes"),
    [
        (["uses: example/workflows/.github/workflows/python-publish.yml@v1"], True),
        (["uses: example/workflows/.github/workflows/python-tests.yml@v1"], False),
        (["environment: pypi"], True),
        (["environment:", "  name: testpypi"], True),
        (["environment:", "  url: https://pypi.org/p/lantern"], True),
        (["environment: pages"], False),
        (["if: false", "steps: [{run: uv publish}]"], False),
        (["if: ${{ false }}", "steps: [{run: uv publish}]"], False),
        (["if: github.ref_type == 'tag'", "steps: [{run: uv publish}]"], True),
    ],
)
def test_a_job_that_publishes_is_recognized(made: SampleProject, lines: list[str], publishes: bool) -> None:
    assert (with_job(made, *lines) is not None) is publishes


def test_a_job_publishes_with_a_workflow_or_an_action_of_the_repository(made: SampleProject) -> None:
    made.write(
        ".github/actions/upload/action.yml", "runs: {using: composite, steps: [{run: uv publish, shell: bash}]}\n"
    )
    made.write(
        ".github/workflows/called.yaml",
        "on: workflow_call\njobs: {one: {steps: [{uses: ./.github/actions/upload}]}, again: {uses: ./.github/workflows/called.yaml}}\n",
    )
    found = with_job(made, "uses: ./.github/workflows/called.yaml")
    assert found
    assert found.evidence == "uv publish in .github/actions/upload in .github/workflows/called.yaml"
    assert [*publishing_workflows(made.root)] == [".github/workflows/called.yaml", PATH]
    assert with_job(made, "uses: ./.github/workflows/missing.yml") is None


def test_a_file_that_is_not_valid_yaml_may_publish(made: SampleProject) -> None:
    made.write(PATH, "jobs: [\n  - run: uv publish\n")
    assert [*publishing_workflows(made.root)] == [PATH]
    made.write(PATH, "jobs: [\n  - run: uv build\n")
    assert publishing_workflows(made.root) == {}


def test_a_generated_workflow_is_not_one_of_the_projects_own(project: SampleProject) -> None:
    project.write(".github/workflows/ci.yml", project.read(".github/workflows/ci.yml") + "# uv publish\n")
    assert publishing_workflows(project.root) == {}

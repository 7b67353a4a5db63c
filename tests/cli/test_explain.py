from __future__ import annotations

import pytest

from tests.sample_project import PYTHON, SampleProject

pytestmark = pytest.mark.integration

CUSTOM = '''\
import evenfall
import nox

evenfall.standard_sessions()


@evenfall.session(workflow=["ci", "cd"], requires=["build"], permissions={"id-token": "write"}, secrets=["TOKEN"],
                  environment="pypi", events="push", history=True, network=True, groups=())
def publish(session):
    """Publish it."""


@nox.session
def mine(session):
    """Mine alone."""
'''


def rows(output: str) -> dict[str, str]:
    return {line[:12].rstrip(): line[13:] for line in output.splitlines()}


def test_a_session_is_explained_by_what_it_declares(project: SampleProject) -> None:
    done = project.command("explain", "tests")
    assert done.returncode == 0, done.stderr
    facts = rows(done.stdout)
    assert facts["jobs"] == f"tests-{PYTHON}"
    assert facts["artifacts"] == "coverage-data/"
    assert facts["declared in"] == "evenfall.sessions.tests"
    assert "secrets" not in facts, "the session declares no secrets"


def test_an_explanation_ends_with_what_can_go_wrong_and_the_commands(project: SampleProject) -> None:
    _, *troubles = project.command("explain", "lint").stdout.split("\nif: ")
    assert [trouble.splitlines()[-1] for trouble in troubles] == ["  $ nox -s lint"]
    assert "  $ nox -s lint -- --fix\n" in troubles[0]


def test_a_job_is_explained_by_its_session(project: SampleProject) -> None:
    assert rows(project.command("explain", f"tests-{PYTHON}").stdout)["session"] == "tests"


def test_a_session_of_the_noxfile_is_explained_with_every_fact(project: SampleProject) -> None:
    project.write("noxfile.py", CUSTOM)
    facts = rows(project.command("explain", "publish").stdout)
    expected = {
        "does": "Publish it.",
        "declared in": "noxfile.py:7",
        "workflows": "ci, cd",
        "groups": "only the project",
        "requires": "build",
        "permissions": "id-token: write",
        "secrets": "TOKEN",
        "environment": "pypi",
        "events": "push",
        "needs": "history, network",
    }
    assert expected.items() <= facts.items()


def test_a_local_session_has_no_explanation(project: SampleProject) -> None:
    project.write("noxfile.py", CUSTOM)
    done = project.command("explain", "mine")
    assert done.returncode == 2
    assert "local only" in done.stderr


def test_an_unknown_session_gets_the_closest_as_a_suggestion(project: SampleProject) -> None:
    done = project.command("explain", "test")
    assert done.returncode == 2
    assert "did you mean 'tests'?" in done.stderr
    assert "tests, coverage" in project.command("explain", "xyz").stderr


def test_only_a_standard_session_has_a_source(project: SampleProject) -> None:
    done = project.command("explain", "publish", "--source")
    assert done.returncode == 2
    assert "'publish'" in done.stderr


def test_the_source_of_a_session_runs_in_the_noxfile(project: SampleProject) -> None:
    source = project.command("explain", "lint", "--source").stdout
    start = project.read("noxfile.py").partition("import evenfall")[0]
    project.write("noxfile.py", start + source)
    done = project.nox("-s", "lint")
    assert "Session lint" in done.stdout
    assert "ruff check --no-fix ." in done.stdout

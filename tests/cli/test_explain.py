from __future__ import annotations

from tests.made_project import PYTHON, Made

CUSTOM = '''\
import evenfall
import nox

evenfall.standard_sessions()


@evenfall.session(workflow=["ci", "cd"], requires=["build"], permissions={"id-token": "write"}, secrets=["TOKEN"],
                  environment="pypi", history=True, network=True, groups=())
def publish(session):
    """Publish it."""


@nox.session
def mine(session):
    """Mine alone."""
'''


def test_it_says_what_a_session_runs_and_where(project: Made) -> None:
    done = project.evenfall("explain", "tests")
    assert done.returncode == 0, done.stderr
    assert f"jobs        tests-{PYTHON}\n" in done.stdout
    assert "artifacts    coverage-data/\n" in done.stdout
    assert "declared     evenfall.sessions.tests\n" in done.stdout
    assert "secrets" not in done.stdout, "what is not declared is left out"


def test_a_job_is_explained_by_its_session(project: Made) -> None:
    assert "session      tests\n" in project.evenfall("explain", f"tests-{PYTHON}").stdout


def test_a_session_of_the_users_is_explained_with_all_that_it_declares(project: Made) -> None:
    project.write("noxfile.py", CUSTOM)
    said = project.evenfall("explain", "publish").stdout
    for line in (
        "declared     noxfile.py:7",
        "groups       the project alone",
        "after        build",
        "permissions  id-token: write",
        "secrets      TOKEN",
        "environment  pypi",
        "needs        history, network",
    ):
        assert line in said


def test_what_is_local_only_is_said_to_be(project: Made) -> None:
    project.write("noxfile.py", CUSTOM)
    done = project.evenfall("explain", "mine")
    assert done.returncode == 2
    assert "'mine' is local only" in done.stderr


def test_an_unknown_session_is_answered_with_the_closest(project: Made) -> None:
    done = project.evenfall("explain", "test")
    assert done.returncode == 2
    assert "'test' is not a session; did you mean 'tests'?" in done.stderr
    assert "there is tests, coverage" in project.evenfall("explain", "xyz").stderr


def test_only_a_standard_session_has_a_source_to_paste(project: Made) -> None:
    done = project.evenfall("explain", "publish", "--source")
    assert done.returncode == 2
    assert "there is no standard session 'publish'" in done.stderr


def test_a_pasted_session_runs(project: Made) -> None:
    source = project.evenfall("explain", "lint", "--source").stdout
    start = project.read("noxfile.py").partition("import evenfall")[0]
    project.write("noxfile.py", start + source)
    done = project.nox("-s", "lint")
    assert "Session lint" in done.stdout
    assert "ruff check --no-fix ." in done.stdout

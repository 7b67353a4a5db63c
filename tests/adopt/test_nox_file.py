from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.nox_file import nox_tasks
from tests.sample_project import SampleProject

NOXFILE = '''\
import nox
import evenfall

VERSIONS = ["3.12"]
nox.options.sessions = ["lint", "tests"]


def install(session, *names):
    session.run_install("uv", "sync", *names)
    install(session)


@nox.session(python=["3.11", "pypy3.11"], tags=["ci"])
def tests(session):
    install(session)
    session.run("pytest", f"--cov={VERSIONS}", *session.posargs)
    session.notify("report")
    session.notify()


@nox.session(name="lint", python=VERSIONS)
def lint_all(session):
    command = ["mypy"]
    session.run(*command, "src", 3)
    session.run()
    session.log("done")


@evenfall.session
def report(session):
    """Report."""
    session.run("coverage", "report")


@other.session
def unused(session):
    session.run("never")
'''


def scripts(root: Path, *arguments: str) -> dict[str, str]:
    return {task.name: task.script for task in nox_tasks(root, arguments)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    SampleProject(tmp_path).write("noxfile.py", NOXFILE)
    return tmp_path


TESTS = "uv sync '$?'\npytest '--cov=$?'\ncoverage report"
LINT = "'$?' src '$?'"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-s", "tests"), {"tests": TESTS}),
        (("--session=tests-3.11",), {"tests-3.11": TESTS}),
        (
            ("-s", "tests(django='4')", "report", "--", "-s", "lint"),
            {"tests(django='4')": TESTS, "report": "coverage report"},
        ),
        (("-t", "ci"), {"tests": TESTS}),
        ((), {"lint": LINT, "tests": TESTS}),
        (("-e", "missing"), {"missing": ""}),
        (("-R", "-s", "lint"), {"lint": LINT}),
    ],
)
def test_the_scripts_of_sessions(root: Path, arguments: tuple[str, ...], expected: dict[str, str]) -> None:
    found = {name.removeprefix("nox -s "): script.strip() for name, script in scripts(root, *arguments).items()}
    assert found == expected


def test_a_session_names_its_pythons(root: Path) -> None:
    every, one, lint = nox_tasks(root, ["-s", "tests", "tests-3.11", "lint"])
    assert (every.pythons, one.pythons, lint.pythons) == (("3.11", "pypy3.11"), ("3.11",), ())


def test_without_a_default_all_sessions_run(root: Path) -> None:
    file = root / "noxfile.py"
    file.write_text(file.read_text().replace('["lint", "tests"]', "[]"))
    assert [*scripts(root)] == ["nox -s tests", "nox -s lint", "nox -s report", "nox -s unused"]
    assert scripts(root)["nox -s unused"] == ""


def test_a_session_with_a_decorator_of_the_project_is_not_understood(tmp_path: Path) -> None:
    session = '@nox.session(name="unit")\n@with_database\n@nox.parametrize("a", [1])\ndef tests(session):\n    session.run("pytest")\n'
    SampleProject(tmp_path).write("noxfile.py", session)
    assert [task.script for task in nox_tasks(tmp_path, ["-s", "unit"])] == ["pytest", ""]


def test_an_unknown_tag_chooses_no_session_and_keywords_are_not_understood(root: Path) -> None:
    assert nox_tasks(root, ["-t", "missing"]) == []
    assert scripts(root, "-k", "not lint")["nox -k"] == ""


def test_a_variable_names_sessions_and_an_option_names_the_file(root: Path) -> None:
    assert [task.name for task in nox_tasks(root, [], {"NOXSESSION": "report, lint"})] == [
        "nox -s report",
        "nox -s lint",
    ]
    SampleProject(root).write("other.py", '@nox.session\ndef docs(session):\n    session.run("mkdocs", "build")\n')
    assert scripts(root, "-f", "other.py") == {"nox -s docs": "mkdocs build"}
    assert nox_tasks(root, ["--noxfile=../noxfile.py"]) == []


@pytest.mark.parametrize("text", ["", "def (:\n", "\0"])
def test_a_noxfile_that_can_not_be_read_has_no_sessions(tmp_path: Path, text: str) -> None:
    SampleProject(tmp_path).write("noxfile.py", text)
    assert nox_tasks(tmp_path, []) == []

"""What a pipeline answers about its sessions, jobs and artifacts."""

from __future__ import annotations

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import Action, Artifact, HostedJob, is_arm, platform_of
from tests.run.pipelines import pipeline, session

BUILD = session("build", artifacts=("dist/", "lists/*.txt"))
TESTS = session("tests", pythons=("3.11", "3.12"), artifacts=("coverage-data/",))
CODEQL = HostedJob(
    name="codeql", local="tests", workflow="security", description="", steps=(Action(uses="github/codeql-action/init"),)
)
ALL = pipeline(TESTS, session("lint"), local=("serve",), hosted_jobs=(CODEQL,))


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("dist/", "dist"),
        ("deep/er/", "deep/er"),
        ("report.xml", "."),
        ("deep/report.xml", "deep"),
        ("lists/*.txt", "lists"),
        ("*.txt", "."),
        ("deep/**/x", "deep"),
        ("data-*/x", "."),
    ],
)
def test_the_folder_of_an_artifact_is_the_part_of_its_path_before_name_and_pattern(path: str, folder: str) -> None:
    assert Artifact(session="build", number=0, path=path).folder == folder


def test_an_artifact_is_stored_under_its_number_and_the_name_of_each_job() -> None:
    first, second = BUILD.artifacts
    assert (first.prefix, second.prefix) == ("build.0", "build.1")
    assert second.stored_name("build", "ubuntu-latest") == "build.1.build @ ubuntu-latest"


def test_a_session_takes_all_artifacts_of_the_sessions_that_it_requires() -> None:
    coverage = session("coverage", requires=("tests-3.11", "build"))
    every_session = pipeline(BUILD, TESTS, coverage, session("lint", artifacts=("report/",)))
    assert every_session.required_artifacts(coverage) == (*TESTS.artifacts, *BUILD.artifacts)
    assert every_session.required_artifacts(TESTS) == ()


@pytest.mark.parametrize("name", ["tests", "tests-3.12"])
def test_a_session_is_found_by_its_name_and_by_the_name_of_a_job(name: str) -> None:
    assert ALL.find(name) is TESTS


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("lintt", r"'lintt' is not a session; did you mean 'lint'\?", "nox -l"),
        ("servee", r"did you mean 'serve'\?", "nox -l"),
        ("zzz", r"'zzz' is not a session; expected one of: tests, lint, serve", "nox -l"),
        ("serve", r"'serve' is declared with nox\.session, so it is local only", "nox -l"),
        ("codeql", r"'codeql' runs only on GitHub", "nox -s tests"),
        ("codeql @ ubuntu-latest", r"'codeql @ ubuntu-latest' runs only on GitHub", "nox -s tests"),
    ],
)
def test_a_name_without_a_session_in_ci_is_an_error_with_the_reason(name: str, message: str, hint: str) -> None:
    with pytest.raises(EvenfallError, match=message) as caught:
        ALL.find(name)
    assert caught.value.exit_code == Exit.USAGE
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("label", "platform", "arm"),
    [
        ("ubuntu-latest", "linux", False),
        ("ubuntu-24.04-arm", "linux", True),
        ("linux-arm64", "linux", True),
        ("macos-latest", "darwin", True),
        ("macos-13", "darwin", False),
        ("macos-15-intel", "darwin", False),
        ("macos-14-large", "darwin", False),
        ("macos-14-xlarge", "darwin", True),
        ("windows-latest", "win32", False),
        ("windows-11-arm", "win32", True),
        ("big-iron", "big-iron", False),
    ],
)
def test_the_label_of_a_runner_names_its_platform_and_processor(label: str, platform: str, arm: bool) -> None:
    assert (platform_of(label), is_arm(label)) == (platform, arm)

from __future__ import annotations

import pytest

from evenfall.pipeline.artifacts import Artifact, left, taken
from tests.run.pipelines import pipeline, session

BUILD = session("build", artifacts=("dist/", "lists/*.txt"))
TESTS = session("tests", pythons=("3.11", "3.12"), artifacts=("coverage-data/",))


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
def test_files_lie_in_the_folder_that_no_pattern_may_change(path: str, folder: str) -> None:
    assert Artifact("build", 0, path).folder == folder


def test_what_a_session_leaves_is_named_by_its_number_and_each_job() -> None:
    first, second = left(BUILD)
    assert (first.name, second.name) == ("build.0", "build.1")
    assert second.named("build", "ubuntu-latest") == "build.1.build @ ubuntu-latest"


def test_a_session_takes_all_that_the_sessions_leave_that_it_requires() -> None:
    coverage = session("coverage", requires=("tests-3.11", "build"))
    everything = pipeline(BUILD, TESTS, coverage, session("lint", artifacts=("report/",)))
    assert [*taken(coverage, everything)] == [*left(TESTS), *left(BUILD)]
    assert [*taken(TESTS, everything)] == []

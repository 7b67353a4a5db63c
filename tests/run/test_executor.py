"""A job that failed because another one used its port runs again without others."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from evenfall.report.screen import PlainScreen
from evenfall.results import Failed, Passed
from evenfall.run.executor import Executor
from evenfall.run.history import History
from evenfall.run.isolation import Isolation, ProbedIsolation
from tests.run.conftest import snapshot_of
from tests.run.contexts import KINDS, run_context
from tests.run.pipelines import pipeline, session
from tests.sample_project import SampleProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux")

# Nox is started as `nox --no-dependencies --report FILE -s JOB`.
ONE_AT_A_TIME = """#!/bin/sh
echo "$5" >> {folder}/runs
mkdir {folder}/port 2>/dev/null || {{ echo "bind: Address already in use"; touch {folder}/lost; exit 1; }}
until [ -e {folder}/lost ]; do sleep 0.05; done
rmdir {folder}/port
"""
NEVER = """#!/bin/sh
echo "$5" >> {folder}/runs
echo "bind: {message}"
exit 1
"""


def run(
    lamp: SampleProject, folder: Path, nox: str, parallel: int, kind: Isolation = Isolation.NONE, **facts: str
) -> tuple[list[str], list[object], str]:
    """Run two jobs with a script instead of Nox; return the names of the jobs as they started, the results and the notes."""
    declared = pipeline(session("one"), session("two"))
    isolation = ProbedIsolation(kind=kind)
    context = run_context(folder, snapshot_of(lamp, folder), declared, parallel=parallel, isolation=isolation)
    file = context.tools.folder / "nox"
    file.write_text(nox.format(folder=folder.parent, **facts))
    file.chmod(0o755)
    screen = io.StringIO()
    results = Executor(context, History(folder.parent / "history"), PlainScreen(screen.write)).run()
    started = folder.parent / "runs"
    return started.read_text().split() if started.exists() else [], [each.result for each in results], screen.getvalue()


@pytest.mark.skipif(Isolation.NAMESPACES not in KINDS, reason="no namespaces here")
@pytest.mark.parametrize("to", ["$HOME", "/nowhere"])
def test_a_job_that_links_files_to_another_folder_runs_again_on_one_disk(
    lamp: SampleProject, run_folder: Path, to: str
) -> None:
    _, results, notes = run(lamp, run_folder, f"#!/bin/sh\nln page.txt {to}/page.txt\n", 1, Isolation.NAMESPACES)
    assert [isinstance(result, Passed) for result in results] == [to == "$HOME"] * 2
    assert ("it runs again on one disk" in notes) == (to == "$HOME")


def test_two_jobs_that_want_one_port_both_pass(lamp: SampleProject, run_folder: Path) -> None:
    runs, results, notes = run(lamp, run_folder, ONE_AT_A_TIME, 2)
    assert results == [Passed(), Passed()]
    assert len(runs) == 3
    assert f"{runs[-1]}: another job used the same port or file" in notes


@pytest.mark.parametrize(
    ("parallel", "message", "expected"),
    [(1, "Address already in use", 2), (2, "Address already in use", 4), (2, "File exists", 4), (2, "no oil", 2)],
)
def test_a_job_runs_again_once_and_only_if_others_ran_beside_it(
    lamp: SampleProject, run_folder: Path, parallel: int, message: str, expected: int
) -> None:
    runs, results, _ = run(lamp, run_folder, NEVER, parallel, message=message)
    assert all(isinstance(result, Failed) for result in results)
    assert len(runs) == expected

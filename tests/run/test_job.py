"""A job from its sandbox to its result, and why it failed, in Nox's own words."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evenfall.report.job_result import JobResult
from evenfall.results import Failed, Inconclusive, Passed, Result, Skipped
from evenfall.run import landlock
from evenfall.run.job import Report, Run, home_folders, judge, last_words, run_job
from evenfall.run.job_tools import Programs
from evenfall.run.process import Running
from evenfall.run.runner_environment import Caches
from evenfall.run.sandbox_removal import Clearing
from tests.made_project import Made
from tests.run.conftest import snapshot_of
from tests.run.pipelines import pipeline, planned, session
from tests.run.unprivileged import unprivileged

FINE = Report("success")
BROKEN = Report("failed", "Command pytest failed with exit code 1")
SKIPPED = Report("skipped", "there is no moon")


@pytest.mark.parametrize(
    ("code", "report", "result"),
    [
        (0, FINE, Passed()),
        (0, None, Passed()),
        (0, SKIPPED, Passed("it skipped itself: there is no moon")),
        (0, Report("skipped", "inconclusive: short by 2 lines"), Inconclusive("short by 2 lines")),
        (0, Report("skipped", "skipped: no Python 3.16"), Skipped("no Python 3.16")),
        (1, Report("failed", "inconclusive: no network"), Inconclusive("no network")),
        (1, Report("failed", "skipped: of no meaning here"), Failed("skipped: of no meaning here")),
        (1, BROKEN, Failed("Command pytest failed with exit code 1")),
        (1, SKIPPED, Failed("there is no moon")),
        (1, FINE, Failed("Nox ended with 1")),
        (137, None, Failed("Nox was ended by signal 9")),
    ],
)
def test_a_result_is_what_ci_would_give(code: int, report: Report | None, result: Result) -> None:
    assert judge(code, report, "") == result


def test_a_failure_that_nox_reports_without_a_reason_has_its_last_words() -> None:
    assert judge(1, None, "", why="No module named nox") == Failed("No module named nox")
    assert judge(1, Report("failed", " "), "", why="it failed") == Failed("it failed")


def test_a_session_that_leaves_not_all_that_it_declares_fails() -> None:
    assert judge(0, FINE, "it left nothing") == Failed("it left nothing")
    assert judge(1, BROKEN, "it left nothing") == Failed("Command pytest failed with exit code 1")


def test_a_session_whose_time_is_over_failed_whatever_else_it_did() -> None:
    assert judge(0, FINE, "", minutes=5) == Failed("it was stopped after 5 minutes, its timeout")


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        (
            "nox > Command pytest failed with exit code 1\nnox > Session tests-3.12 failed.\n",
            "Command pytest failed with exit code 1",
        ),
        ("nox > Session tests-3.12(oil=1) (x) failed: no oil: none\n", "no oil: none"),
        ("nox > Session tests failed: no oil\n", "no oil"),
        ("nox > Error while collecting\n", "Error while collecting"),
        (
            "nox > Running session tests\nnox > Creating virtual environment (uv) in .nox/tests\nnox > # a comment\n"
            "nox > Ran multiple sessions:\nnox > Session tests failed.\n",
            "",
        ),
        ("Traceback (most recent call last):\n", ""),
        ("it says nox > nothing\n", ""),
        ("", ""),
        ("nox > too long ago\n" + "x" * 70000, ""),
        ("x" * 70000 + "\nnox > at the end\n", "at the end"),
    ],
)
def test_the_last_words_are_those_that_say_why(tmp_path: Path, printed: str, why: str) -> None:
    log = tmp_path / "log"
    log.write_text(printed)
    assert last_words(log) == why


NOX = """#!/bin/sh
report=$3
{script}
"""


class Jobs:
    """Runs sessions of the lamp with a program in Nox's place: it finds where Nox's report belongs in `$report`."""

    def __init__(self, lamp: Made, folder: Path) -> None:
        programs = folder / "programs"
        programs.mkdir()
        cache = folder.with_name("cache")
        cache.mkdir()
        self.nox = programs / "nox"
        self.run = Run(
            folder=folder,
            snapshot=snapshot_of(lamp, folder),
            pipeline=pipeline(session("build", artifacts=("dist/",)), session("check", requires=("build",))),
            programs=Programs(folder=programs, python=Path(sys.executable), needs=()),
            caches=Caches(uv=cache, uv_pythons=cache, pre_commit=cache, pip=cache),
            environ=dict(os.environ),
            share=1,
            skipped=(),
            clearing=Clearing(folder, []),
            keep=False,
            confined=False,
        )

    def job_result(self, script: str, name: str = "check", *, python: Path | None = None, **changed: Any) -> JobResult:
        self.nox.write_text(NOX.format(script=script))
        self.nox.chmod(0o755)
        number = sum(path.name.isdigit() or path.suffix == ".log" for path in self.run.folder.iterdir())
        of = self.run.pipeline.by_name[name]
        run = dataclasses.replace(self.run, **changed)
        return run_job(planned(of, python=python), number, run, Running(), lambda _: None)


@pytest.fixture
def jobs(lamp: Made, run_in: Path) -> Jobs:
    return Jobs(lamp, run_in)


def test_a_home_that_is_missing_or_the_root_is_not_hidden(tmp_path: Path) -> None:
    assert home_folders({"HOME": os.fspath(tmp_path)}) == (tmp_path,)
    for home in (None, "", "/", "/usr/..", os.fspath(tmp_path / "missing")):
        assert home_folders({} if home is None else {"HOME": home}) == ()


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of a Linux")


@on_linux
def test_a_sandbox_goes_with_its_run_and_what_was_printed_stays(jobs: Jobs) -> None:
    with jobs.run.clearing:
        job_result = jobs.job_result("pwd; cat page.txt; echo oil > page.txt")
    assert job_result.result == Passed()
    assert job_result.printed
    sandbox, page = job_result.printed.read_text().splitlines()
    assert page == "one"
    assert not Path(sandbox).exists()
    assert job_result.notes == ("it changed page.txt, which git tracks",)
    assert job_result.seconds > 0
    assert job_result.preparing > 0


@on_linux
def test_what_a_session_leaves_is_there_for_the_one_that_requires_it(jobs: Jobs) -> None:
    assert jobs.job_result("mkdir dist; echo wheel > dist/a.whl", "build").result == Passed()
    assert jobs.job_result("cat dist/a.whl").result == Passed()
    assert jobs.job_result("true", "build").result == Failed("it declares dist/ and left nothing there")


@on_linux
@pytest.mark.parametrize(
    ("report", "result"),
    [
        ('{"sessions": [{"result": "skipped", "reason": "no moon"}]}', Passed("it skipped itself: no moon")),
        ('{"sessions": []}', Passed()),
        ('{"sessions": 3}', Passed()),
        ("{", Passed()),
    ],
)
def test_what_nox_reports_counts_where_it_can_be_read(jobs: Jobs, report: str, result: Result) -> None:
    assert jobs.job_result(f"echo '{report}' > $report").result == result


@on_linux
def test_a_job_is_told_its_interpreter(jobs: Jobs) -> None:
    on_python = pipeline(session("check", pythons=("3.12",)))
    jobs.run = dataclasses.replace(jobs.run, pipeline=on_python)
    job_result = jobs.job_result("echo $EVENFALL_PYTHON", python=Path("/opt/python3.12"))
    assert job_result.printed
    assert job_result.printed.read_text() == "3.12=/opt/python3.12\n"


@on_linux
def test_a_failure_that_speaks_of_a_full_disk_is_a_failure_where_it_is_not_full(jobs: Jobs) -> None:
    job_result = jobs.job_result("echo 'lamp: No space left on device'; exit 1")
    assert job_result.result == Failed("Nox ended with 1")


@on_linux
def test_a_failure_is_the_disks_where_that_is_full(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """No disk of a test is full for everybody, so what is enough is more than any disk has."""
    monkeypatch.setattr("evenfall.run.job.ENOUGH", 1 << 62)
    job_result = jobs.job_result("echo 'lamp: No space left on device'; exit 1")
    assert job_result.result == Inconclusive("the disk was full; it failed: Nox ended with 1")
    assert jobs.job_result("exit 1").result == Failed("Nox ended with 1")


@on_linux
def test_causes_that_can_t_be_looked_at_leave_the_failure_as_it_is(jobs: Jobs, lamp: Made) -> None:
    """As where a container has left a folder that is closed to everybody else."""
    closed = lamp.root / "pgdata"
    closed.mkdir(mode=0o000)
    with unprivileged():
        job_result = jobs.job_result("echo \"no file 'pgdata/x'\"; exit 1")
    assert job_result.result == Failed("Nox ended with 1")
    (note,) = job_result.notes
    assert note.startswith("what differs here could not be looked at: ")


@on_linux
def test_an_artifact_that_can_t_be_read_fails_the_job(jobs: Jobs) -> None:
    with unprivileged():
        job_result = jobs.job_result("mkdir dist; echo > dist/a; chmod 000 dist/a", "build")
    assert job_result.result == Failed("what it left can't be read: dist/a")


@on_linux
def test_an_artifact_that_meets_a_file_where_its_folder_is_wanted_fails_the_job_as_a_download_does(
    jobs: Jobs, lamp: Made, tmp_path: Path
) -> None:
    assert jobs.job_result("mkdir dist; echo wheel > dist/a.whl", "build").result == Passed()
    lamp.write("dist", "a file of that name")
    lamp.commit("dist")
    later = tmp_path / "later"
    later.mkdir()
    assert jobs.job_result("true", snapshot=snapshot_of(lamp, later)).result == Failed(
        "an artifact that it takes can't lie where the checkout has dist"
    )


@on_linux
def test_the_sandbox_of_a_failed_job_can_be_kept_and_entered_with_its_variables(jobs: Jobs) -> None:
    assert jobs.job_result("true", keep=True).notes == ()
    job_result = jobs.job_result("exit 3", keep=True)
    assert job_result.result == Failed("Nox ended with 3")
    _, _, command = job_result.notes[-1].partition("its sandbox is kept: ")
    done = subprocess.run(
        command,
        shell=True,
        input="pwd; echo $GITHUB_WORKSPACE; echo $GITHUB_JOB",
        capture_output=True,
        text=True,
        env={"SHELL": "/bin/sh"},
    )
    sandbox, workspace, name = done.stdout.split()
    assert sandbox == workspace
    assert name == "check"
    assert Path(sandbox, "page.txt").is_file()


@on_linux
def test_a_confined_job_reads_neither_home_nor_the_checkout_nor_the_sandbox_of_another(
    jobs: Jobs, lamp: Made, tmp_path: Path
) -> None:
    if not landlock.is_supported():
        pytest.skip("this kernel has no Landlock")
    home = tmp_path / "home"
    for path in (home / "secret", home / "ca.pem", home / "more.pem", home / "pythons/bin/python3.12"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    certificates = {"SSL_CERT_FILE": os.fspath(home / "ca.pem"), "PIP_CERT": os.fspath(home / "more.pem")}
    environ = {**os.environ, "HOME": os.fspath(home), **certificates}
    python = home / "pythons/bin/python3.12"
    known = (home / "ca.pem", home / "more.pem", python)
    places = (home / "secret", lamp.root / "page.txt", jobs.run.folder / "index", *known)
    script = "\n".join(f"cat '{place}' >/dev/null 2>&1 && echo '{place.name}'" for place in places) + "\ntrue"
    job_result = jobs.job_result(script, confined=True, environ=environ, python=python)
    assert job_result.result == Passed()
    assert job_result.printed
    assert job_result.printed.read_text().split() == ["ca.pem", "more.pem", "python3.12"]

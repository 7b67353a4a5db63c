"""A failed job gets a cause only if it passes with one property of the user's machine, and fails without it."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from evenfall.git.snapshot import Snapshot
from evenfall.report.screen import PlainScreen
from evenfall.results import Failed, JobResult
from evenfall.run import landlock
from evenfall.run.explain import LONGEST_JOB, explain_failures
from evenfall.run.isolation import Isolation, ProbedIsolation
from evenfall.run.services import Services, closed_services, names_of
from tests.run.contexts import KINDS, run_context
from tests.run.pipelines import pipeline, session

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux"),
    pytest.mark.integration,
]


def explain(
    folder: Path,
    snapshot: Snapshot,
    script: str,
    result: JobResult,
    services: Services = Services(),  # noqa: B008 - it is frozen
    kind: Isolation = Isolation.NONE,
    **environ: str,
) -> tuple[JobResult, str]:
    """Return the explained result of a session whose Nox is a shell script, and what the screen shows."""
    isolation = ProbedIsolation(kind=kind)
    declared = pipeline(session("check"))
    context = run_context(folder, snapshot, declared, environ=environ, services=services, isolation=isolation)
    nox = folder / "tools" / "nox"
    nox.write_text(f"#!/bin/sh\n{script}\n")
    nox.chmod(0o755)
    shown: list[str] = []
    (explained,) = explain_failures(context, (result,), PlainScreen(shown.append))
    return explained, "".join(shown)


@pytest.fixture
def failed(tmp_path: Path) -> JobResult:
    return JobResult(job="check", result=Failed("it fails"), seconds=1.0, log=tmp_path / "log")


def test_the_property_with_which_the_job_passes_is_its_cause(
    run_folder: Path, snapshot: Snapshot, failed: JobResult
) -> None:
    explained, shown = explain(run_folder, snapshot, '[ "$COLUMNS" = 9 ]', failed, COLUMNS="9", LC_ALL="C.UTF-8")
    assert [cause.partition(" ")[0] for cause in explained.causes] == ["COLUMNS"]
    assert "check: COLUMNS is set in your shell" in shown


def test_a_service_of_the_machine_that_a_job_needs_is_its_cause(
    run_folder: Path, snapshot: Snapshot, failed: JobResult, tmp_path: Path
) -> None:
    if landlock.abi() < landlock.WITH_PORTS:
        pytest.skip("this kernel can't close ports")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        table = tmp_path / "tcp"
        table.write_text(f"header\n0: 0100007F:{port:04X} 00000000:0000 0A x\n")
        script = f"exec {sys.executable} -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}))'"
        with closed_services({}, (str(table),)) as services:
            explained, _ = explain(run_folder, snapshot, script, failed, services)
        assert explained.causes == (f"CI has no service of your machine ({names_of(frozenset([port]))})",)


@pytest.mark.skipif(Isolation.NAMESPACES not in KINDS, reason="no namespaces here")
def test_the_host_name_that_a_job_needs_is_its_cause(run_folder: Path, snapshot: Snapshot, failed: JobResult) -> None:
    script = f'[ "$(uname -n)" = "{socket.gethostname()}" ]'
    explained, _ = explain(run_folder, snapshot, script, failed, kind=Isolation.NAMESPACES)
    assert explained.causes == (f"CI has another host name (yours: {socket.gethostname()})",)


def test_a_job_that_fails_with_all_properties_has_no_cause(
    run_folder: Path, snapshot: Snapshot, failed: JobResult
) -> None:
    explained, shown = explain(run_folder, snapshot, "exit 1", failed)
    assert explained == failed
    assert "check: it fails with them, too" in shown


def test_a_job_that_passes_unchanged_has_no_cause(run_folder: Path, snapshot: Snapshot, failed: JobResult) -> None:
    explained, shown = explain(run_folder, snapshot, "exit 0", failed)
    assert explained == failed
    assert "it passes when it runs again unchanged" in shown


def test_a_long_job_and_one_with_a_cause_are_not_run_again(
    run_folder: Path, snapshot: Snapshot, tmp_path: Path
) -> None:
    for result in (
        JobResult(job="check", result=Failed("x"), seconds=LONGEST_JOB + 1, log=tmp_path / "log"),
        JobResult(job="check", result=Failed("x"), causes=("known",), log=tmp_path / "log"),
    ):
        assert explain(run_folder, snapshot, "exit 0", result) == (result, "")


def test_a_cause_that_cannot_be_searched_for_is_said(run_folder: Path, snapshot: Snapshot, failed: JobResult) -> None:
    (run_folder / "check-again-0").mkdir()
    with pytest.raises(FileExistsError):
        (run_folder / "check-again-0").mkdir()
    for home in ("/", f"/{'x' * 300}"):  # too long, which fails like a folder that the user may not read
        explained, shown = explain(run_folder, snapshot, "exit 0", failed, HOME=home)
        assert explained == failed
        assert "check: the cause could not be searched for: " in shown

"""A job runs in its own sandbox, and its artifacts, output and changes are collected."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from evenfall.errors import EvenfallError
from evenfall.results import Failed, Inconclusive, JobResult, Passed
from evenfall.run.isolation import Isolation, ProbedIsolation
from evenfall.run.job import run_job
from evenfall.run.job_order import home_folders, write_shell_script
from evenfall.run.sandbox import Sandbox, sandbox_paths
from evenfall.run.sandbox_removal import SandboxRemover
from tests.run.conftest import snapshot_of
from tests.run.contexts import KINDS, run_context
from tests.run.pipelines import pipeline, planned_job, session
from tests.run.unprivileged import unprivileged
from tests.sample_project import SampleProject, measured

if TYPE_CHECKING:
    from evenfall.run.supervisor import Order

pytestmark = pytest.mark.integration
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux")


def test_a_home_that_is_missing_or_the_root_is_not_hidden(tmp_path: Path) -> None:
    assert home_folders({"HOME": os.fspath(tmp_path)}) == (tmp_path,)
    for home in (None, "", "/", "/usr/..", os.fspath(tmp_path / "missing")):
        assert home_folders({} if home is None else {"HOME": home}) == ()


NOX = """#!/bin/sh
report=$3
{script}
"""


class Jobs:
    """Runs jobs of the lamp with a shell script instead of Nox; `$report` is the path of Nox's report."""

    def __init__(self, lamp: SampleProject, folder: Path, isolation: Isolation) -> None:
        declared = pipeline(session("build", artifacts=("dist/",)), session("check", requires=("build",)))
        self.isolation = ProbedIsolation(kind=isolation)
        self.context = run_context(folder, snapshot_of(lamp, folder), declared)

    def run(
        self, script: str, name: str = "check", *, python: Path | None = None, folder: str = "", **changed: Any
    ) -> JobResult:
        """Run a job of a session in a new folder of the run. `changed` are fields of the run's context, or of its request."""
        nox = self.context.tools.folder / "nox"
        nox.write_text(NOX.format(script=script))
        nox.chmod(0o755)
        changed = {"snapshot": self.context.snapshot, "declared": self.context.pipeline, **changed}
        changed = {"isolation": self.isolation, "bases": self.context.bases, **changed}
        context = run_context(self.context.folder, **changed)
        number = sum(path.name.isdigit() or path.suffix == ".log" for path in context.folder.iterdir())
        job = planned_job(context.pipeline.by_name[name], python=python)
        return run_job(job, folder or str(number), context, lambda _: None)


@pytest.fixture(params=[Isolation.NAMESPACES, Isolation.LANDLOCK, Isolation.NONE])
def jobs(lamp: SampleProject, run_folder: Path, request: pytest.FixtureRequest) -> Jobs:
    if (isolation := request.param) not in KINDS:
        pytest.skip(f"this machine has no {isolation.value}")
    return Jobs(lamp, run_folder, isolation)


@on_linux
def test_the_sandbox_is_removed_and_the_log_and_the_changed_files_are_reported(jobs: Jobs) -> None:
    with SandboxRemover(jobs.context.folder, []) as remover:
        result = jobs.run("pwd; cat page.txt; echo oil > page.txt", remover=remover)
    assert result.result == Passed()
    assert result.log
    sandbox, page = result.log.read_text().splitlines()
    assert page == "one"
    assert not Path(sandbox).exists()
    assert [path.name for path in jobs.context.folder.iterdir() if path.name.isdigit()] == []
    assert result.notes == ("it changed tracked files: page.txt",)
    assert result.seconds > 0
    assert result.setup_seconds > 0


@on_linux
@pytest.mark.parametrize("jobs", [Isolation.NONE], indirect=True)
def test_a_checkout_that_a_job_left_unchanged_serves_the_next_job_without_new_files(jobs: Jobs) -> None:
    def inode(script: str = "") -> str:
        result = jobs.run(
            f"test ! -e new && touch new && stat -c %i page.txt; {script}", checkouts=jobs.context.checkouts
        )
        assert result.log
        return result.log.read_text()

    first = inode()
    assert first.strip().isdigit()
    assert inode("echo two > page.txt") == first
    second = inode("exit 1")
    assert second != first
    assert inode() not in {first, second}


@on_linux
def test_a_required_artifact_is_restored_and_a_missing_one_fails_the_job(jobs: Jobs) -> None:
    assert jobs.run("mkdir dist; echo wheel > dist/a.whl", "build").result == Passed()
    assert jobs.run("cat dist/a.whl").result == Passed()
    assert jobs.run("true", "build").result == Failed("no file matches the declared artifact dist/")


@on_linux
def test_the_result_depends_on_noxs_report(jobs: Jobs) -> None:
    report = '{"sessions": [{"result": "skipped", "reason": "no moon"}]}'
    assert jobs.run(f"echo '{report}' > $report").result == Passed("it skipped itself: no moon")


@on_linux
def test_a_job_receives_its_interpreter_and_the_pythons_of_all_sessions(jobs: Jobs) -> None:
    declared = msgspec.structs.replace(pipeline(session("check", pythons=("3.12",))), chosen_pythons="key=3.12")
    script = "echo $EVENFALL_PYTHON $EVENFALL_SESSION_PYTHONS"
    result = jobs.run(script, declared=declared, python=Path("/opt/python3.12"))
    assert result.log
    assert result.log.read_text() == "3.12=/opt/python3.12 key=3.12\n"


@on_linux
def test_a_failure_that_mentions_a_full_disk_stays_failed_if_the_disk_has_space(jobs: Jobs) -> None:
    result = jobs.run("echo 'lamp: No space left on device'; exit 1")
    assert result.result == Failed("Nox ended with 1")


@on_linux
def test_a_failure_that_mentions_a_full_disk_is_inconclusive_if_the_disk_is_full(jobs: Jobs) -> None:
    more_than_any_disk = 1 << 62
    result = jobs.run("echo 'lamp: No space left on device'; exit 1", least_free_space=more_than_any_disk)
    assert result.result == Inconclusive("the disk was full: Nox ended with 1")
    assert jobs.run("exit 1", least_free_space=more_than_any_disk).result == Failed("Nox ended with 1")


@on_linux
def test_a_job_that_used_sudo_is_inconclusive_whether_it_passed_or_failed(jobs: Jobs) -> None:
    for code in (0, 1):
        result = jobs.run(f'touch "$(dirname "$GITHUB_OUTPUT")/sudo"; exit {code}').result
        assert isinstance(result, Inconclusive)
        assert result.missing.startswith("it runs sudo")


@on_linux
def test_a_failure_without_a_program_that_a_runner_has_is_inconclusive(jobs: Jobs) -> None:
    result = jobs.run("echo 'sh: 1: minikube: not found'; exit 1").result
    assert result == Inconclusive("it runs minikube, which a runner has and this machine does not: Nox ended with 1")


@on_linux
def test_a_failure_whose_causes_cannot_be_searched_for_stays_failed(jobs: Jobs, lamp: SampleProject) -> None:
    """A container may have left a folder that this user can't read."""
    closed = lamp.root / "pgdata"
    closed.mkdir(mode=0o000)
    with unprivileged():
        result = jobs.run("echo \"no file 'pgdata/x'\"; exit 1")
    assert result.result == Failed("Nox ended with 1")
    (cause,) = result.causes
    assert cause.startswith("the cause could not be searched for: ")


@on_linux
def test_an_artifact_whose_folder_is_a_file_in_the_checkout_fails_the_job(
    jobs: Jobs, lamp: SampleProject, tmp_path: Path
) -> None:
    assert jobs.run("mkdir dist; echo wheel > dist/a.whl", "build").result == Passed()
    lamp.write("dist", "a file of that name")
    lamp.commit("dist")
    later = tmp_path / "later"
    later.mkdir()
    assert jobs.run("true", snapshot=snapshot_of(lamp, later)).result == Failed(
        "a required artifact can't be restored, because the checkout contains dist"
    )


@on_linux
def test_a_kept_sandbox_can_be_entered_with_the_jobs_variables(jobs: Jobs) -> None:
    assert jobs.run("true", keep=True).notes == ()
    result = jobs.run("exit 3", keep=True)
    assert result.result == Failed("Nox ended with 3")
    _, _, command = result.notes[-1].partition("open a shell in it: ")
    done = subprocess.run(
        command,
        shell=True,
        input="pwd; echo $GITHUB_WORKSPACE; echo $GITHUB_JOB; cat page.txt",
        capture_output=True,
        text=True,
        env={"SHELL": "/bin/sh", **measured()},
    )
    sandbox, workspace, name, page = done.stdout.split()
    assert sandbox == workspace
    assert (name, page) == ("check", "one")


def test_the_shell_of_a_kept_sandbox_knows_nothing_that_depends_on_the_files(tmp_path: Path) -> None:
    """The user may change them."""
    paths = sandbox_paths(tmp_path, tmp_path, "lamp")
    environ = {"EVENFALL_SESSION_PYTHONS": "key=3.12", "EVENFALL_LAYER": "built", "GITHUB_JOB": "check"}
    order: Order = {"command": ("nox",), "folder": os.fspath(tmp_path), "environ": environ, "report": "report.json"}
    write_shell_script(Sandbox(folder=tmp_path, commit="1", outside=paths, inside=paths), order)
    assert json.loads((tmp_path / "shell.json").read_text())["environ"] == {"GITHUB_JOB": "check"}


@on_linux
def test_a_job_cannot_read_home_the_users_checkout_or_the_run_folder(
    jobs: Jobs, lamp: SampleProject, tmp_path: Path
) -> None:
    if jobs.isolation.kind is Isolation.NONE:
        pytest.skip("nothing is hidden without isolation")
    home = tmp_path / "home"
    for path in (home / "secret", home / "ca.pem", home / "more.pem", home / "pythons/bin/python3.12"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    certificates = {"SSL_CERT_FILE": os.fspath(home / "ca.pem"), "PIP_CERT": os.fspath(home / "more.pem")}
    environ = {**os.environ, "HOME": os.fspath(home), **certificates}
    python = home / "pythons/bin/python3.12"
    readable = (home / "ca.pem", home / "more.pem", python)
    paths = (home / "secret", lamp.root / "page.txt", jobs.context.folder / "index", *readable)
    script = "\n".join(f"cat '{path}' >/dev/null 2>&1 && echo '{path.name}'" for path in paths) + "\ntrue"
    result = jobs.run(script, environ=environ, python=python)
    assert result.result == Passed()
    assert result.log
    assert result.log.read_text().split() == ["ca.pem", "more.pem", "python3.12"]


@on_linux
def test_files_that_a_job_removes_replaces_or_makes_executable_are_named(jobs: Jobs, lamp: SampleProject) -> None:
    for name in ("same", "gone", "folder/one", "folder/two", "again/one", "again/two", "tool", "turned"):
        lamp.write(name, name)
    (lamp.root / "link").symlink_to("same")
    lamp.commit()
    folder = jobs.context.folder.with_name("later")
    folder.mkdir()
    script = """
touch same; echo new > new; rm gone; rm -r folder; echo file > folder
rm -r again; mkdir again; echo one > again/other; printf again/two > again/two
chmod +x tool; rm turned; ln -s same turned; ln -sfn gone link
"""
    result = jobs.run(script, "build", snapshot=snapshot_of(lamp, folder))
    names = "again/one, folder/one, folder/two, gone, link, tool, turned"
    (note,) = result.notes
    assert note.removeprefix("it changed tracked files: ").split(", ") == names.split(", ")


@on_linux
def test_a_job_that_removes_its_repository_changes_no_tracked_file(jobs: Jobs) -> None:
    assert jobs.run("rm -rf .git; rm page.txt", "check").notes == ()


@on_linux
def test_a_job_whose_sandbox_cannot_be_made_is_inconclusive(jobs: Jobs, lamp: SampleProject) -> None:
    if jobs.isolation.kind is not Isolation.NAMESPACES:
        pytest.skip("other sandboxes are folders")
    assert jobs.run("true", "build").result == Failed("no file matches the declared artifact dist/")
    (lamp.root / ".git/objects").rename(lamp.root / ".git/gone")
    result = jobs.run("true").result
    assert isinstance(result, Inconclusive)
    assert re.fullmatch("its sandbox could not be made: mount .*/objects/1: No such file or directory", result.missing)


@on_linux
def test_an_artifact_that_cannot_be_stored_is_an_error(jobs: Jobs) -> None:
    jobs.context.artifacts.touch()
    with pytest.raises(OSError, match="Not a directory"):
        jobs.run("mkdir dist; echo > dist/a", "build")


@on_linux
def test_a_job_that_leaves_an_artifact_without_permissions_fails(jobs: Jobs) -> None:
    if jobs.isolation.kind is not Isolation.NAMESPACES and os.getuid() == 0:
        pytest.skip("root may read every file")
    result = jobs.run("mkdir dist; echo > dist/a; chmod 000 dist/a", "build")
    assert result.result == Failed("an artifact can't be read: dist/a")


@on_linux
def test_a_snapshot_that_cannot_be_checked_out_is_an_error(jobs: Jobs) -> None:
    shutil.rmtree(jobs.context.snapshot.store)
    jobs.context.snapshot.store.mkdir()
    with pytest.raises(EvenfallError, match="the snapshot can't be checked out: "):
        jobs.run("true")

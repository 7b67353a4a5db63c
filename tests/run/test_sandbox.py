"""What a runner gives a job beside the snapshot, and that a sandbox goes, whatever was done in it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from evenfall.run.sandbox import Sandbox, changed_files, make_sandbox, remove
from evenfall.run.snapshot import Snapshot
from tests.made_project import Made
from tests.run.anybody import as_anybody
from tests.run.conftest import snapshot_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of a Linux")


def test_the_files_behind_a_runners_variables_are_there_and_home_is_empty(sandbox: Sandbox) -> None:
    assert {path.name for path in sandbox.files.iterdir()} == {"env", "output", "path", "summary.md", "event.json"}
    assert json.loads((sandbox.files / "event.json").read_text()) == {"action": "synchronize", "number": 1}
    assert [*sandbox.home.iterdir(), *sandbox.temporary.iterdir()] == []
    assert sandbox.folder.stat().st_mode & 0o777 == 0o700


def test_a_checkout_has_one_commit_on_no_branch_no_tag_and_nowhere_to_fetch_from(lamp: Made, run_in: Path) -> None:
    lamp.commit("second")
    lamp.git("tag", "v1")
    inside = Made(make_sandbox(run_in / "0", snapshot_of(lamp, run_in)).checkout)
    assert inside.git("rev-list", "--count", "HEAD") == "1\n"
    assert inside.git("rev-parse", "--is-shallow-repository") == "true\n"
    assert inside.run("git", "symbolic-ref", "HEAD").returncode
    assert (inside.git("tag"), inside.git("branch", "--format=%(refname)"), inside.git("remote")) == (
        "",
        "(HEAD detached at pull/1/merge)\n",
        "",
    )


def test_with_history_it_has_all_commits_and_tags_and_the_remotes_branches(lamp: Made, run_in: Path) -> None:
    lamp.git("tag", "-a", "v1", "-m", "one")
    lamp.commit("second")
    lamp.git("update-ref", "refs/remotes/origin/main", "HEAD")
    lamp.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    lamp.git("remote", "add", "origin", "https://github.com/owner/lamp")
    inside = Made(make_sandbox(run_in / "0", snapshot_of(lamp, run_in), history=True).checkout)
    assert inside.git("describe") == "v1-1-g" + lamp.git("rev-parse", "--short", "HEAD")
    assert inside.git("log", "--format=%s").split() == ["second", "first"]
    assert inside.git("branch", "-r", "--format=%(refname)").split() == [
        "refs/remotes/origin/main",
        "refs/remotes/pull/1/merge",
    ]
    assert inside.git("remote", "get-url", "origin") == "https://github.com/owner/lamp\n"


def test_what_a_job_changed_of_what_git_tracks_is_told(sandbox: Sandbox, snapshot: Snapshot) -> None:
    assert changed_files(sandbox, snapshot) == ()
    (sandbox.checkout / "new.txt").touch()
    (sandbox.checkout / "page.txt").write_text("two\n")
    (sandbox.checkout / ".gitignore").unlink()
    assert changed_files(sandbox, snapshot) == (".gitignore", "page.txt")


def test_a_job_that_has_removed_its_checkout_or_broken_its_repository_changed_nothing(
    sandbox: Sandbox, snapshot: Snapshot
) -> None:
    (sandbox.checkout / ".git/index").write_text("broken")
    (sandbox.checkout / "page.txt").write_text("two\n")
    assert changed_files(sandbox, snapshot) == ()
    remove(sandbox.checkout)
    assert changed_files(sandbox, snapshot) == ()


@pytest.mark.parametrize("key", ["core.fsmonitor", "filter.x.clean"])
def test_no_program_runs_that_a_job_has_put_into_its_checkouts_configuration(
    sandbox: Sandbox, snapshot: Snapshot, tmp_path: Path, key: str
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    program.chmod(0o755)
    Made(sandbox.checkout).git("config", key, os.fspath(program))
    Made(sandbox.checkout).write(".git/info/attributes", "* filter=x\n")
    (sandbox.checkout / "page.txt").write_text("two\n")
    assert changed_files(sandbox, snapshot) == ("page.txt",)
    assert not (tmp_path / "ran").exists()


def test_a_sandbox_goes_with_folders_in_it_that_can_t_be_written_or_read(sandbox: Sandbox, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o500)
    deep = sandbox.checkout / "closed/deep"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    (sandbox.checkout / "closed/link").symlink_to(kept)
    deep.chmod(0o000)
    deep.parent.chmod(0o500)
    with as_anybody():
        remove(sandbox.folder)
    assert not sandbox.folder.exists()
    assert kept.stat().st_mode & 0o777 == 0o500


def test_a_sandbox_that_is_gone_already_is_removed(tmp_path: Path) -> None:
    remove(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()

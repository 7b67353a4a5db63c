"""The hook runs `evenfall run` on each commit before a real `git push` sends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.adopt.adoption import AdoptionPlan, FileChange
from evenfall.adopt.apply import apply_plan
from evenfall.adopt.pre_push import plan_hook
from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import find_repository
from tests.sample_project import SampleProject

NOXFILE = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox", "evenfall @ {wheel}"]
# ///
import evenfall
import nox


@evenfall.session
def check(session):
    session.run("python", "check.py")


if __name__ == "__main__":
    nox.main()
"""


@pytest.fixture
def lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """A repository with one commit, without a user's git configuration."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    made = SampleProject(tmp_path / "lamp")
    made.write("page.txt", "one\n")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    return made


def install(made: SampleProject) -> FileChange:
    """Install the hook, and return the change."""
    change = plan_hook(find_repository(made.root))
    assert change
    apply_plan(made.root, AdoptionPlan(hook=change))
    return change


def test_an_installed_hook_is_executable_and_needs_no_change(lamp: SampleProject) -> None:
    repository = find_repository(lamp.root)
    assert plan_hook(repository)
    assert not (repository.hooks / "pre-push").exists(), "a plan writes nothing"
    change = install(lamp)
    assert (change.path, change.old) == (os.path.join(".git", "hooks", "pre-push"), None)
    assert os.access(lamp.root / change.path, os.X_OK)
    assert plan_hook(repository) is None


def test_a_hook_of_an_older_evenfall_is_replaced(lamp: SampleProject) -> None:
    hook = lamp.root / install(lamp).path
    hook.write_text(hook.read_text() + "# older\n")
    assert install(lamp).old
    assert "# older" not in hook.read_text()


def test_another_hook_stays_and_the_error_names_the_command_to_add(lamp: SampleProject) -> None:
    hook = lamp.write(".git/hooks/pre-push", "#!/bin/sh\nmake check\n")
    with pytest.raises(EvenfallError, match="pre-push") as caught:
        plan_hook(find_repository(lamp.root))
    assert caught.value.exit_code is Exit.USAGE
    assert "evenfall run --commit" in caught.value.hint
    assert hook.read_text() == "#!/bin/sh\nmake check\n"


@pytest.mark.parametrize("folder", ["hooks", ".git/other"])
def test_the_hook_is_written_where_git_looks_for_it(lamp: SampleProject, folder: str) -> None:
    lamp.git("config", "core.hooksPath", folder)
    install(lamp)
    assert (lamp.root / folder / "pre-push").is_file()


def test_hooks_outside_the_repository_are_not_written(lamp: SampleProject, tmp_path: Path) -> None:
    lamp.git("config", "core.hooksPath", os.fspath(tmp_path / "shared"))
    with pytest.raises(EvenfallError, match=r"core\.hooksPath"):
        plan_hook(find_repository(lamp.root))


def test_a_linked_worktree_uses_the_hooks_of_its_repository(lamp: SampleProject, tmp_path: Path) -> None:
    lamp.git("worktree", "add", "--quiet", os.fspath(tmp_path / "linked"))
    install(SampleProject(tmp_path / "linked"))
    assert (lamp.root / ".git/hooks/pre-push").is_file()


def push(made: SampleProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Push as a user does, with hooks."""
    return made.run("git", "push", "--quiet", *arguments, env={"NOX_SCRIPT_MODE": ""})


@pytest.mark.integration
@pytest.mark.skipif(sys.platform == "win32", reason="evenfall run does not run on Windows")
def test_a_push_succeeds_if_and_only_if_the_jobs_of_its_commits_pass(
    template: SampleProject, wheel: Path, tmp_path: Path, lamp: SampleProject
) -> None:
    for path in ("pyproject.toml", "uv.lock", "README.md", "src/lantern/__init__.py"):
        lamp.write(path, template.read(path))
    lamp.write("noxfile.py", NOXFILE.format(wheel=wheel.as_uri()))
    lamp.write("check.py", "")
    done = lamp.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    lamp.commit("it passes")
    remote = SampleProject(tmp_path / "remote.git")
    lamp.git("init", "--quiet", "--bare", os.fspath(remote.root))
    lamp.git("remote", "add", "origin", os.fspath(remote.root))
    install(lamp)

    lamp.write("check.py", "raise SystemExit('not committed')\n")
    passed = push(lamp, "origin", "main", "main:refs/heads/twin")
    assert passed.returncode == 0, passed.stderr
    assert passed.stderr.count("passed check") == 1, "one commit for two branches runs once"
    assert remote.git("rev-parse", "main", "twin").split() == [lamp.git("rev-parse", "HEAD").strip()] * 2

    lamp.git("tag", "old", "HEAD~1")
    lamp.write("msgspec.py", "raise SystemExit('evenfall must not import this file')\n")
    unchecked = push(lamp, "origin", "--tags", "HEAD~1:refs/heads/before")
    assert unchecked.returncode == 0, unchecked.stderr
    assert "check" not in unchecked.stderr, "CI checks neither a tag nor a commit without a noxfile"

    lamp.write("check.py", "raise SystemExit('the lamp is out')\n")
    lamp.commit("it fails")
    lamp.write("check.py", "")
    failed = push(lamp, "origin", "main")
    assert failed.returncode
    assert "the lamp is out" in failed.stderr
    assert remote.git("rev-parse", "main") == remote.git("rev-parse", "twin")

    deleted = push(lamp, "origin", "--delete", "twin")
    assert deleted.returncode == 0, deleted.stderr
    assert "check" not in deleted.stderr, "a branch that is deleted runs nothing"
    assert push(lamp, "--no-verify", "origin", "main").returncode == 0

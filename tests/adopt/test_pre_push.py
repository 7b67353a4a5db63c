"""The hook runs the mirror on each commit that a real `git push` is about to send."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.adopt.pre_push import plan_hook, write_hook
from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import Repository, find_repository
from tests.made_project import Made, on_one_python

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
def lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A repository with one commit, of someone without a configuration."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    made = Made(tmp_path / "lamp")
    made.write("page.txt", "one\n")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    return made


def installed(made: Made) -> Repository:
    repository = find_repository(made.root)
    change = plan_hook(repository)
    assert change
    write_hook(repository, change)
    return repository


def test_the_hook_is_planned_written_and_then_there_already(lamp: Made) -> None:
    repository = find_repository(lamp.root)
    change = plan_hook(repository)
    assert change
    assert (change.path, change.old) == (os.path.join(".git", "hooks", "pre-push"), None)
    assert not (lamp.root / change.path).exists(), "a plan writes nothing"
    write_hook(repository, change)
    assert os.access(lamp.root / change.path, os.X_OK)
    assert plan_hook(repository) is None


def test_a_hook_of_an_older_evenfall_is_replaced(lamp: Made) -> None:
    repository = installed(lamp)
    hook = repository.hooks / "pre-push"
    hook.write_text(hook.read_text() + "# older\n")
    change = plan_hook(repository)
    assert change
    assert change.old
    write_hook(repository, change)
    assert "# older" not in hook.read_text()


def test_another_hook_is_left_alone_and_told_what_to_call(lamp: Made) -> None:
    hook = lamp.write(".git/hooks/pre-push", "#!/bin/sh\nmake check\n")
    with pytest.raises(EvenfallError, match="there is a pre-push hook already") as caught:
        plan_hook(find_repository(lamp.root))
    assert caught.value.exit_code is Exit.USAGE
    assert "evenfall run --commit" in caught.value.hint
    assert hook.read_text() == "#!/bin/sh\nmake check\n"


@pytest.mark.parametrize("folder", ["hooks", ".git/other"])
def test_the_hook_goes_where_git_looks_for_it_in_this_repository(lamp: Made, folder: str) -> None:
    lamp.git("config", "core.hooksPath", folder)
    installed(lamp)
    assert (lamp.root / folder / "pre-push").is_file()


def test_hooks_that_other_repositories_run_too_are_left_alone(lamp: Made, tmp_path: Path) -> None:
    lamp.git("config", "core.hooksPath", os.fspath(tmp_path / "everybodys"))
    with pytest.raises(EvenfallError, match="names a folder outside this repository"):
        plan_hook(find_repository(lamp.root))


def test_a_linked_worktree_has_the_hooks_of_its_repository(lamp: Made, tmp_path: Path) -> None:
    lamp.git("worktree", "add", "--quiet", os.fspath(tmp_path / "linked"))
    installed(Made(tmp_path / "linked"))
    assert (lamp.root / ".git/hooks/pre-push").is_file()


def push(made: Made, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a user does it, with hooks."""
    return made.run("git", "push", "--quiet", *arguments, env={"NOX_SCRIPT_MODE": ""})


@on_one_python
@pytest.mark.skipif(sys.platform == "win32", reason="evenfall run does not run on Windows")
def test_a_push_goes_through_where_the_mirror_passes_and_no_further_where_it_fails(
    template: Made, wheel: Path, tmp_path: Path, lamp: Made
) -> None:
    for path in ("pyproject.toml", "uv.lock", "README.md", "src/lantern/__init__.py"):
        lamp.write(path, template.read(path))
    lamp.write("noxfile.py", NOXFILE.format(wheel=wheel.as_uri()))
    lamp.write("check.py", "")
    done = lamp.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    lamp.commit("it passes")
    remote = Made(tmp_path / "remote.git")
    lamp.git("init", "--quiet", "--bare", os.fspath(remote.root))
    lamp.git("remote", "add", "origin", os.fspath(remote.root))
    installed(lamp)

    lamp.write("check.py", "raise SystemExit('not committed')\n")
    passed = push(lamp, "origin", "main", "main:refs/heads/twin")
    assert passed.returncode == 0, passed.stderr
    assert passed.stderr.count("passed check") == 1, "one commit for two branches runs once"
    assert remote.git("rev-parse", "main", "twin").split() == [lamp.git("rev-parse", "HEAD").strip()] * 2

    lamp.git("tag", "old", "HEAD~1")
    lamp.write("msgspec.py", "raise SystemExit('this is not what is meant')\n")
    unjudged = push(lamp, "origin", "--tags", "HEAD~1:refs/heads/before")
    assert unjudged.returncode == 0, unjudged.stderr
    assert "check" not in unjudged.stderr, "neither a tag nor what is older than the noxfile is CI's to judge"

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

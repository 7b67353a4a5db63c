from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.git.command import GitOutput, NoRepositoryError, check_git_version, git
from tests.sample_project import SampleProject


def program(folder: Path, script: str) -> None:
    """Write a shell script named git."""
    file = folder / "git"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def test_output_is_text_a_line_or_fields_that_nul_ends() -> None:
    assert GitOutput("a \n").line == "a "
    assert GitOutput("").fields == ()
    assert GitOutput("a\n\0\0b\0").fields == ("a\n", "", "b")


def test_input_and_accepted_exit_codes(repository: SampleProject) -> None:
    assert git(repository.root, "hash-object", "--stdin", stdin=b"").line == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert git(repository.root, "rev-parse", "--verify", "--quiet", "nothing", codes=(0, 1)) == GitOutput("", 1)


def test_an_error_of_git_is_reported_with_its_subcommand_and_its_message(repository: SampleProject) -> None:
    with pytest.raises(EvenfallError, match=r"^git rev-parse: fatal: Needed a single revision") as caught:
        git(repository.root, "rev-parse", "--verify", "nothing")
    assert caught.value.exit_code is Exit.USAGE
    repository.write("page.txt", "two\n")
    with pytest.raises(EvenfallError, match=r"^git diff: it failed"):
        git(repository.root, "-c", "color.ui=never", "diff", "--quiet")


def test_a_folder_outside_a_repository_is_an_error_in_any_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(
        tmp_path,
        "[ \"$LC_ALL\" = C ] && echo 'fatal: not a git repository' >&2 || echo 'Kein Repository' >&2\nexit 128",
    )
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    with pytest.raises(NoRepositoryError) as caught:
        git(tmp_path, "status")
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "git init")


def test_a_missing_git_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(EvenfallError) as caught:
        git(tmp_path, "status")
    assert caught.value.exit_code is Exit.UNKNOWN


def test_in_a_hook_git_works_in_its_folder_and_not_in_the_hooks_repository(
    repository: SampleProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = repository.git("ls-files", "--stage")
    other = SampleProject(tmp_path / "other")
    other.write("new.txt", "new\n")
    with monkeypatch.context() as hook:
        hook.setenv("GIT_DIR", os.fspath(repository.root / ".git"))
        hook.setenv("GIT_INDEX_FILE", os.fspath(repository.root / ".git/index"))
        git(other.root, "init", "--quiet")
        git(other.root, "add", "--all")
        assert git(other.root, "ls-files").text == "new.txt\n"
    assert repository.git("ls-files", "--stage") == before


def test_an_old_git_is_an_error_that_names_the_feature() -> None:
    check_git_version((2, 0), "--onto")
    with pytest.raises(EvenfallError, match=r"^git \d+\.\d+: --onto needs git 99\.0 or newer") as caught:
        check_git_version((99, 0), "--onto")
    assert caught.value.exit_code is Exit.USAGE


def test_a_git_without_a_version_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "echo no number")
    monkeypatch.setenv("PATH", os.fspath(tmp_path), prepend=os.pathsep)
    with pytest.raises(EvenfallError) as caught:
        check_git_version((2, 31), "evenfall run")
    assert caught.value.exit_code is Exit.UNKNOWN

"""A difference between the user's machine and CI is a cause only if the job passes with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.git.repository import find_repository, set_origin
from evenfall.run.diagnosis.experiments import Condition, conditions, machine_conditions, prove
from evenfall.run.isolation import Isolation
from tests.sample_project import SampleProject, copy

RUNNER = {"TZ": "UTC", "LANG": "C.UTF-8", "CI": "true"}
CONDITIONS = tuple(Condition(cause=name) for name in "abcdefgh")


def needs(*causes: str) -> Callable[[Sequence[Condition]], bool]:
    """Return a job that passes only with all of some conditions."""
    return lambda changes: {*causes} <= {change.cause for change in changes}


@given(st.sampled_from("abcdefgh"))
def test_the_one_condition_that_a_job_needs_is_found(name: str) -> None:
    assert [condition.cause for condition in prove(CONDITIONS, needs(name))] == [name]


def test_conditions_that_a_job_needs_together_are_found_together() -> None:
    assert [condition.cause for condition in prove(CONDITIONS, needs("a", "c"))] == ["a", "b", "c", "d"]


def test_a_job_that_fails_with_all_conditions_has_no_cause() -> None:
    assert prove(CONDITIONS, needs("x")) == ()
    assert prove((), needs()) == ()


def causes(project: SampleProject, environ: dict[str, str]) -> list[str]:
    return [condition.cause for condition in conditions(find_repository(project.root), {**RUNNER, **environ})]


def test_only_what_differs_is_tried(lamp: SampleProject) -> None:
    assert causes(lamp, {"HOME": "/home/a", "PATH": "/bin", "GITHUB_TOKEN": "t", "NOX_X": "1"}) == [
        "CI has no terminal",
        "CI has other resource limits (65536 open files, a stack of 16 MiB; yours: ulimit -a)",
        "git does not store the times of files: every file of a runner's checkout is new",
        "git stores only the executable bit of a file's mode; in CI, the umask 022 decides the rest",
        "a runner's checkout has one commit and no tags; evenfall.session(history=True) gives all of them",
    ]


@pytest.mark.parametrize(
    ("environ", "cause"),
    [
        ({"TZ": "America/New_York"}, "CI has the time zone UTC (yours: America/New_York)"),
        ({"LC_ALL": "POSIX"}, "CI has the locale C.UTF-8 (yours: POSIX)"),
        ({"LANG": ""}, "CI has the locale C.UTF-8 (yours: C)"),
        ({"WICK": "2"}, 'WICK is set in your shell but not in CI (pass_env=("WICK",) passes it on here)'),
        ({"COLUMNS": "9"}, 'COLUMNS is set in your shell but not in CI (pass_env=("COLUMNS",) passes it on here)'),
    ],
)
def test_each_variable_that_differs_is_tried(lamp: SampleProject, environ: dict[str, str], cause: str) -> None:
    lamp.write("lamp.py", 'os.environ.get("WICK")\n')
    lamp.git("add", "lamp.py")
    assert cause in causes(lamp, environ)


def test_a_secret_and_a_variable_that_no_tracked_file_names_are_not_passed(lamp: SampleProject) -> None:
    lamp.write("lamp.py", "OIL_TOKEN = DATABASE_URL = WICKED = 1\n")
    lamp.git("add", "lamp.py")
    found = causes(lamp, {"OIL_TOKEN": "t", "DATABASE_URL": "u", "WICK": "2", "OTHER": "3"})
    assert not any("is set in your shell" in cause for cause in found)


@pytest.mark.parametrize("file", [".pre-commit-config.yaml", "README.md"])
def test_the_hooks_that_the_user_has_installed_are_tried_if_the_project_has_hooks(
    lamp: SampleProject, file: str
) -> None:
    home = lamp.root.with_name("home")
    (home / ".cache/pre-commit").mkdir(parents=True)
    lamp.write(file, "")
    found = [
        each.hooks for each in conditions(find_repository(lamp.root), {**RUNNER, "HOME": os.fspath(home)}) if each.hooks
    ]
    assert found == ([home / ".cache/pre-commit"] if file != "README.md" else [])


def test_the_users_configuration_of_linters_and_of_git_is_tried_without_secrets(
    lamp: SampleProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = SampleProject(lamp.root.with_name("home"))
    home.write(".config/ruff/ruff.toml", "line-length = 9\n")
    proxy = '[lfs "https://moon@example.org/"]\nproxy = https://moon@example.org/oil\n'
    others = "[credential]\nhelper = store\n[commit]\ngpgsign = true\n[user]\nname = A\n"
    settings = home.write(
        ".gitconfig",
        f"[diff]\nnoprefix = true\n{others}{proxy}",
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.fspath(settings))
    lamp.git("config", "diff.context", "9")
    environ = {**RUNNER, "HOME": os.fspath(home.root)}
    tried = [
        each
        for each in conditions(find_repository(lamp.root), environ)
        if "HOME" in each.cause or "git's" in each.cause
    ]
    assert [each.cause for each in tried] == [
        "~/.config/ruff/ruff.toml exists in your HOME; in CI, HOME is empty",
        "git's diff.noprefix is 'true' in your own configuration, which CI does not have",
        "git's user.name is 'A' in your own configuration, which CI does not have",
        "git's lfs.https://example.org/.proxy is 'https://example.org/oil' in your own configuration, which CI does not have",
    ]
    checkout = home.root.with_name("sandbox") / "work/lamp/lamp"
    checkout.mkdir(parents=True)
    for each in tried:
        assert each.prepare
        each.prepare(checkout)
    sandbox = SampleProject(checkout.parents[2])
    assert sandbox.read(".config/ruff/ruff.toml") == "line-length = 9\n"
    assert sandbox.read(".gitconfig").startswith("[diff]\n\tnoprefix = true\n[user]\n\tname = A\n")


def test_the_variable_ci_is_tried_without(lamp: SampleProject) -> None:
    found = conditions(find_repository(lamp.root), {"TZ": "UTC", "LANG": "C.UTF-8"})
    (condition,) = (each for each in found if each.cause.startswith("the variable CI"))
    assert {"CI", "GITHUB_ACTIONS", "GITHUB_EVENT_PATH"} <= condition.environ.keys()
    assert {*condition.environ.values()} == {None}


def test_an_origin_by_ssh_is_tried_and_one_with_credentials_is_not(lamp: SampleProject, tmp_path: Path) -> None:
    lamp.git("remote", "add", "origin", "git@github.com:lamp/lantern.git")
    clone = copy(lamp, tmp_path / "clone").root
    set_origin(clone, "https://github.com/lamp/lantern")
    (condition,) = (
        each for each in conditions(find_repository(lamp.root), RUNNER) if each.cause.startswith("a runner's origin")
    )
    assert condition.prepare
    condition.prepare(clone)
    assert find_repository(clone).origin == "git@github.com:lamp/lantern.git"
    lamp.git("remote", "set-url", "origin", "https://me:secret@github.com/lamp/lantern.git")
    assert not any("origin" in cause for cause in causes(lamp, {}))


def test_the_machine_itself_is_tried_with_landlock_and_its_host_name_if_a_job_has_another_one() -> None:
    found = [*machine_conditions(Isolation.NAMESPACES, has_landlock=True)]
    assert [(bool(condition.host), condition.machine) for condition in found] == [(True, False), (False, True)]
    assert [*machine_conditions(Isolation.NAMESPACES, has_landlock=False)] == found[:1]
    assert [*machine_conditions(Isolation.LANDLOCK, has_landlock=True)] == found[1:]


def test_another_umask_is_tried(lamp: SampleProject) -> None:
    before = os.umask(0o077)
    try:
        found = [*conditions(find_repository(lamp.root), RUNNER)]
    finally:
        os.umask(before)
    assert [condition.umask for condition in found if "umask 022 (yours: 077)" in condition.cause] == [0o077]


def test_contents_times_and_modes_of_tracked_files_are_those_of_the_work_tree(
    lamp: SampleProject, tmp_path: Path
) -> None:
    lamp.write("a.txt", "one\n")
    lamp.write("gone.txt", "")
    (lamp.root / "link").symlink_to("a.txt")
    lamp.commit()
    lamp.git("config", "core.autocrlf", "true")
    (lamp.root / "a.txt").write_bytes(b"one\r\n")
    (lamp.root / "a.txt").chmod(0o600)
    os.utime(lamp.root / "a.txt", (0, 0))
    (tmp_path / "a.txt").write_bytes(b"one\n")
    (tmp_path / "link").symlink_to("a.txt")
    for condition in conditions(find_repository(lamp.root), RUNNER):
        if condition.prepare:
            condition.prepare(tmp_path)
    copied = (tmp_path / "a.txt").stat()
    assert ((tmp_path / "a.txt").read_bytes(), copied.st_mode & 0o777, copied.st_mtime) == (b"one\r\n", 0o600, 0)
    assert not (tmp_path / "gone.txt").exists()


def test_a_file_with_other_content_keeps_its_content_and_mode(lamp: SampleProject, tmp_path: Path) -> None:
    """The snapshot of a commit may differ from the work tree."""
    lamp.git("config", "core.autocrlf", "true")
    lamp.write("page.txt", "two\n").chmod(0o600)
    (tmp_path / "page.txt").write_bytes(b"one\n")
    (tmp_path / "page.txt").chmod(0o644)
    for condition in conditions(find_repository(lamp.root), RUNNER):
        if condition.prepare:
            condition.prepare(tmp_path)
    assert (tmp_path / "page.txt").read_bytes() == b"one\n"
    assert (tmp_path / "page.txt").stat().st_mode & 0o777 == 0o644

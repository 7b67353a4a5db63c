from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from evenfall.git.checkout import changed_files, is_unchanged
from evenfall.git.snapshot import Snapshot
from tests.git.conftest import checkout_of, take
from tests.sample_project import SampleProject


def test_a_checkout_has_one_commit_on_no_branch_and_no_tag(repository: SampleProject) -> None:
    repository.commit("second")
    repository.git("tag", "v1")
    snapshot = take(repository)
    checkout = checkout_of(snapshot)
    assert checkout.git("rev-list", "--all").split() == [snapshot.commit]
    assert checkout.git("rev-parse", "HEAD", "--abbrev-ref", "HEAD").split() == [snapshot.commit, "HEAD"]
    assert checkout.git("rev-parse", "--is-shallow-repository") == "true\n"
    assert (
        checkout.git("for-each-ref", "--format=%(objectname) %(refname)")
        == f"{snapshot.commit} refs/remotes/pull/1/merge\n"
    )


def test_git_finds_a_new_checkout_clean_without_reading_its_files(repository: SampleProject) -> None:
    checkout = checkout_of(take(repository))
    assert checkout.git("diff-files") == ""  # it compares the index only, and would list a file with another time
    assert checkout.git("status", "--porcelain", "--ignored") == ""


def test_a_checkout_has_modes_and_links(repository: SampleProject) -> None:
    root = checkout_of(take(repository)).root
    assert os.access(root / "tool.sh", os.X_OK)
    assert not os.access(root / "page.txt", os.X_OK)
    assert (root / "link").readlink() == Path("page.txt")


@pytest.mark.parametrize("url", ["https://github.com/owner/lamp", r"https://example.org/a \"b\" #egg=c; d\e.git"])
def test_a_checkout_has_the_url_of_origin(repository: SampleProject, url: str) -> None:
    repository.git("config", "remote.origin.url", url)
    assert checkout_of(take(repository)).git("config", "--get", "remote.origin.url") == f"{url}\n"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("git@github.com:owner/lamp.git", "owner/lamp"),
        ("ssh://git@github.com:22/owner/lamp/", "owner/lamp"),
        ("ssh://git@ssh.github.com:443/owner/lamp.git", "owner/lamp"),
        ("http://github.com/owner/lamp.git/", "owner/lamp"),
        ("", "evenfall/repository"),
    ],
)
def test_a_checkout_has_the_url_of_github_by_https(repository: SampleProject, url: str, name: str) -> None:
    if url:
        repository.git("config", "remote.origin.url", url)
    snapshot = take(repository)
    assert snapshot.repository.name_on_github == name.replace("repository", repository.root.name)
    url = checkout_of(snapshot).git("config", "--get", "remote.origin.url")
    assert url == f"https://github.com/{snapshot.repository.name_on_github}\n"


def test_a_checkout_with_history_has_all_commits_and_tags_and_the_branches_of_origin(repository: SampleProject) -> None:
    repository.git("tag", "-a", "v1", "-m", "one")
    repository.commit("second")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    checkout = checkout_of(take(repository), history=True)
    assert checkout.git("describe") == "v1-1-g" + repository.git("rev-parse", "--short", "HEAD")
    assert checkout.git("log", "--format=%s").split() == ["second", "first"]
    assert checkout.git("branch", "-r", "--format=%(refname)").split() == [
        "refs/remotes/origin/main",
        "refs/remotes/pull/1/merge",
    ]


def test_a_tag_may_have_a_name_of_any_bytes(repository: SampleProject) -> None:
    tag = b"v1-\xe9-\xe2\x80\xa8end"
    subprocess.run(["git", "tag", tag], cwd=repository.root, check=True)
    root = checkout_of(take(repository), history=True).root
    assert subprocess.run(["git", "tag"], cwd=root, capture_output=True, check=True).stdout == tag + b"\n"


def test_line_ends_are_stored_with_the_users_configuration_and_checked_out_without_it(
    repository: SampleProject,
) -> None:
    repository.git("config", "core.autocrlf", "true")
    repository.write("page.txt", "two\r\n")
    assert (checkout_of(take(repository)).root / "page.txt").read_bytes() == b"two\n"


def test_no_configuration_of_the_user_reaches_a_checkout(
    repository: SampleProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the user's attributes, nor configuration in the environment, nor `git -c NAME=VALUE push` around a hook."""
    home = SampleProject(tmp_path / "home")
    home.write(".config/git/attributes", "*.txt text eol=crlf\n")
    hook = home.write("hooks/post-checkout", f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    for name, value in {
        "HOME": home.root,
        "XDG_CONFIG_HOME": home.root / ".config",
        "GIT_CONFIG_COUNT": 2,
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": hook.parent,
        "GIT_CONFIG_KEY_1": "core.autocrlf",
        "GIT_CONFIG_VALUE_1": "true",
        "GIT_CONFIG_PARAMETERS": f"'core.hooksPath={hook.parent}'",
    }.items():
        monkeypatch.setenv(name, str(value))
    checkout = checkout_of(take(repository))
    assert b"\r" not in (checkout.root / "page.txt").read_bytes()
    assert not (tmp_path / "ran").exists()


def changes(snapshot: Snapshot, checkout: SampleProject) -> tuple[str, ...]:
    git_dir = checkout.root.with_name("status.git")
    return changed_files(snapshot, checkout.root, commit=snapshot.commit, git_dir=git_dir)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_changed_and_removed_tracked_files_are_reported_and_new_files_are_not(
    tmp_path: Path, object_format: str
) -> None:
    repository = SampleProject(tmp_path / "lamp")
    repository.write("page.txt", "one\n")
    repository.write(".gitignore", "*.log\n")
    repository.git("init", "--quiet", f"--object-format={object_format}")
    repository.commit()
    snapshot = take(repository)
    checkout = checkout_of(snapshot)
    assert changes(snapshot, checkout) == ()
    checkout.write("new.txt", "")
    checkout.write("page.txt", "two\n")
    (checkout.root / ".gitignore").unlink()
    assert changes(snapshot, checkout) == (".gitignore", "page.txt")


def test_no_change_is_reported_if_the_checkout_is_broken_or_removed(repository: SampleProject) -> None:
    snapshot = take(repository)
    checkout = checkout_of(snapshot)
    checkout.write("page.txt", "two\n")
    checkout.write(".git/index", "broken")
    assert changes(snapshot, checkout) == ()
    shutil.rmtree(checkout.root)
    assert changes(snapshot, checkout) == ()


@pytest.mark.parametrize("key", ["core.fsmonitor", "filter.x.clean"])
def test_no_program_runs_that_a_job_has_configured_in_its_checkout(
    repository: SampleProject, tmp_path: Path, key: str
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    program.chmod(0o755)
    snapshot = take(repository)
    checkout = checkout_of(snapshot)
    checkout.git("config", key, os.fspath(program))
    checkout.write(".git/info/attributes", "* filter=x\n")
    checkout.write("page.txt", "two\n")
    assert changes(snapshot, checkout) == ("page.txt",)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["", "page.txt", "new.txt", "new.log"])
def test_a_checkout_is_unchanged_if_it_has_the_files_of_the_snapshot_and_no_others(
    repository: SampleProject, name: str
) -> None:
    repository.write("page.txt", "one\n")
    repository.write(".gitignore", "*.log\n")
    repository.commit()
    snapshot = take(repository)
    checkout = checkout_of(snapshot)
    if name:
        checkout.write(name, "more than before\n")
    git_dir = checkout.root.with_name("status.git")
    assert is_unchanged(snapshot, checkout.root, commit=snapshot.commit, git_dir=git_dir) == (not name)


def test_a_checkout_without_a_repository_is_not_unchanged(repository: SampleProject, tmp_path: Path) -> None:
    snapshot = take(repository)
    assert not is_unchanged(snapshot, tmp_path / "gone", commit=snapshot.commit, git_dir=tmp_path / "status.git")

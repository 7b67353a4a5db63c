"""A job's variables are those of a runner."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from evenfall.git.snapshot import Snapshot, SnapshotRequest
from evenfall.run.runner_environment import (
    Caches,
    Job,
    dropped,
    find_caches,
    repository_on_github,
    runner_environment,
    search_path,
)
from evenfall.run.sandbox import Sandbox, make_sandbox
from tests.made_project import Made
from tests.run.conftest import snapshot_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of a Linux")

CACHES = Caches(uv=Path("/c/uv"), uv_pythons=Path("/c/pythons"), pre_commit=Path("/c/pre-commit"), pip=Path("/c/pip"))
PROGRAMS = Path("/run/programs")


def job(**facts: object) -> Job:
    usual = {"name": "tests-3.12", "session": "tests", "workflow": "ci", "system": "ubuntu-latest", "python": None}
    return Job(**{**usual, **facts})  # type: ignore[arg-type]


def variables(of: Job, sandbox: Sandbox, snapshot: Snapshot, environ: Mapping[str, str]) -> dict[str, str]:
    return runner_environment(of, sandbox, snapshot, CACHES, programs=PROGRAMS, environ=environ)


def test_of_the_users_own_only_the_ways_into_the_world_and_what_is_passed_are_kept(
    sandbox: Sandbox, snapshot: Snapshot
) -> None:
    own = {"HTTPS_PROXY": "http://p", "SSL_CERT_FILE": "/ca.pem", "LANTERN_KEY": "brass", "OIL": "1", "HOME": "/me"}
    found = variables(job(pass_env=("OIL", "WICK")), sandbox, snapshot, own)
    assert {name: found.get(name) for name in own} == {**own, "LANTERN_KEY": None, "HOME": os.fspath(sandbox.home)}
    assert "WICK" not in found
    assert dropped(own, ("OIL",)) == ("HOME", "LANTERN_KEY")


def test_the_files_and_folders_of_a_job_are_those_of_its_sandbox(sandbox: Sandbox, snapshot: Snapshot) -> None:
    found = variables(job(), sandbox, snapshot, {})
    for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
        assert Path(found[name]).is_file()
        assert Path(found[name]).is_relative_to(sandbox.folder)
    for name in ("GITHUB_WORKSPACE", "RUNNER_TEMP", "TMPDIR", "HOME", "RUNNER_TOOL_CACHE"):
        assert Path(found[name]).is_dir()
        assert Path(found[name]).is_relative_to(sandbox.folder)
    assert found["GITHUB_SHA"] == Made(sandbox.checkout).git("rev-parse", "HEAD").strip()
    assert {found[name] for name in ("CI", "GITHUB_ACTIONS")} == {"true"}


def test_a_job_is_told_its_python_its_system_its_share_and_what_does_not_run(
    sandbox: Sandbox, snapshot: Snapshot
) -> None:
    found = variables(job(python="/opt/python3.12", share=3, skipped=("a @ x", "b @ y")), sandbox, snapshot, {})
    assert found["EVENFALL_PYTHON"] == "/opt/python3.12"
    assert found["EVENFALL_SYSTEM"] == "ubuntu-latest"
    assert found["EVENFALL_SKIPPED_JOBS"] == "a @ x\nb @ y"
    assert found["PYTEST_XDIST_AUTO_NUM_WORKERS"] == "3"
    assert "EVENFALL_PYTHON" not in variables(job(), sandbox, snapshot, {})


def test_merged_onto_a_base_it_is_a_pull_request_to_that_branch(lamp: Made, run_in: Path) -> None:
    lamp.git("update-ref", "refs/remotes/origin/main", "HEAD")
    lamp.git("remote", "add", "origin", "git@github.com:owner/lamp.git")
    snapshot = snapshot_of(lamp, run_in, SnapshotRequest(onto="origin/main"))
    found = variables(job(), make_sandbox(run_in / "0", snapshot), snapshot, {})
    assert found["GITHUB_BASE_REF"] == "main"
    assert (found["GITHUB_REPOSITORY"], found["GITHUB_REPOSITORY_OWNER"]) == ("owner/lamp", "owner")
    assert found["GITHUB_WORKFLOW_REF"] == "owner/lamp/.github/workflows/ci.yml@refs/pull/1/merge"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://github.com/owner/lamp.git", "owner/lamp"),
        ("git@github.com:owner/lamp.git", "owner/lamp"),
        ("ssh://git@github.com/owner/lamp", "owner/lamp"),
        ("https://example.org/owner/lamp.git", "evenfall/lamp"),
        ("", "evenfall/lamp"),
    ],
)
def test_a_repository_is_called_what_github_calls_it(lamp: Made, run_in: Path, url: str, named: str) -> None:
    if url:
        lamp.git("remote", "add", "origin", url)
    assert repository_on_github(snapshot_of(lamp, run_in)) == named


def test_caches_lie_where_each_tool_has_its_own() -> None:
    def found(environ: Mapping[str, str]) -> Caches:
        return find_caches(environ, uv=Path("/u"), uv_pythons=Path("/p"))

    assert found({"HOME": "/me"}).folders == (
        Path("/u"),
        Path("/p"),
        Path("/me/.cache/pre-commit"),
        Path("/me/.cache/pip"),
    )
    assert found({"HOME": "/me", "XDG_CACHE_HOME": "/x"}).pip == Path("/x/pip")
    own = {"PRE_COMMIT_HOME": "/a", "PIP_CACHE_DIR": "/b"}
    assert found(own).variables == {
        "UV_CACHE_DIR": "/u",
        "UV_PYTHON_INSTALL_DIR": "/p",
        "PRE_COMMIT_HOME": "/a",
        "PIP_CACHE_DIR": "/b",
    }


def test_path_is_what_a_workflow_sets_up_and_then_the_systems() -> None:
    first, *others = search_path(PROGRAMS).split(os.pathsep)
    assert first == "/run/programs"
    assert {"/usr/bin", "/bin"} <= set(others)


def test_git_is_on_path_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = shutil.which("git")
    assert git
    (tmp_path / "git").symlink_to(git)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert search_path(PROGRAMS).split(os.pathsep)[-1] == os.fspath(tmp_path)
    (tmp_path / "git").unlink()
    assert os.fspath(tmp_path) not in search_path(PROGRAMS)

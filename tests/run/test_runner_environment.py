"""The variables of a job are those of a runner."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from evenfall.git.snapshot import Snapshot, SnapshotRequest
from evenfall.run.runner_environment import (
    EnvironmentRequest,
    RunnerJob,
    dropped_variables,
    is_utc,
    neutral_variables,
    runner_environment,
    search_path,
)
from evenfall.run.sandbox import Sandbox, make_sandbox, sandbox_paths
from tests.run.conftest import snapshot_of
from tests.sample_project import SampleProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux")

CACHES = {"UV_CACHE_DIR": "/c/uv"}
TOOLS = Path("/run/tools")
HOME = Path("/home/runner")


def variables(
    sandbox: Sandbox, snapshot: Snapshot, environ: Mapping[str, str] | None = None, **facts: object
) -> dict[str, str]:
    """Return the variables of a job with these facts."""
    facts = {"session": "tests", "workflow": "ci", "system": "ubuntu-latest", "python": None, **facts}
    return runner_environment(
        EnvironmentRequest(
            job=RunnerJob(**facts),  # type: ignore[arg-type]
            sandbox=sandbox,
            snapshot=snapshot,
            caches=CACHES,
            tools=TOOLS,
            environ=environ or {},
        )
    )


def test_a_job_keeps_only_network_settings_and_passed_variables_of_the_user(
    sandbox: Sandbox, snapshot: Snapshot
) -> None:
    own = {"HTTPS_PROXY": "http://p", "SSL_CERT_FILE": "/ca.pem", "LANTERN_KEY": "brass", "OIL": "1", "HOME": "/me"}
    found = variables(sandbox, snapshot, own, pass_env=("OIL", "WICK"))
    assert {name: found.get(name) for name in own} == {
        **own,
        "LANTERN_KEY": None,
        "HOME": os.fspath(sandbox.inside.home),
    }
    assert "WICK" not in found
    assert dropped_variables(own) == ("HOME", "LANTERN_KEY", "OIL")


def test_the_paths_of_a_job_are_in_its_sandbox(sandbox: Sandbox, snapshot: Snapshot) -> None:
    found = variables(sandbox, snapshot)
    for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
        assert Path(found[name]).is_file()
        assert Path(found[name]).is_relative_to(sandbox.folder)
    for name in ("GITHUB_WORKSPACE", "RUNNER_TEMP", "TMPDIR", "HOME", "RUNNER_TOOL_CACHE"):
        assert Path(found[name]).is_dir()
        assert Path(found[name]).is_relative_to(sandbox.folder)
    assert found["GITHUB_SHA"] == SampleProject(sandbox.checkout).git("rev-parse", "HEAD").strip()
    assert {found[name] for name in ("CI", "GITHUB_ACTIONS")} == {"true"}


def test_a_job_receives_its_python_its_system_its_cores_and_the_skipped_jobs(
    sandbox: Sandbox, snapshot: Snapshot
) -> None:
    found = variables(sandbox, snapshot, python="/opt/python3.12", cores=3, skipped=("a @ x", "b @ y"))
    assert found["EVENFALL_PYTHON"] == "/opt/python3.12"
    assert found["EVENFALL_SYSTEM"] == "ubuntu-latest"
    assert found["EVENFALL_SKIPPED_JOBS"] == "a @ x\nb @ y"
    assert found["PYTEST_XDIST_AUTO_NUM_WORKERS"] == "3"
    assert "EVENFALL_PYTHON" not in variables(sandbox, snapshot)


def test_a_snapshot_onto_a_base_is_a_pull_request_to_that_branch(lamp: SampleProject, run_folder: Path) -> None:
    lamp.git("update-ref", "refs/remotes/origin/main", "HEAD")
    lamp.git("remote", "add", "origin", "git@github.com:owner/lamp.git")
    snapshot = snapshot_of(lamp, run_folder, SnapshotRequest(onto="origin/main"))
    found = variables(make_sandbox(run_folder / "0", snapshot), snapshot)
    assert found["GITHUB_BASE_REF"] == "main"
    assert (found["GITHUB_REPOSITORY"], found["GITHUB_REPOSITORY_OWNER"]) == ("owner/lamp", "owner")
    assert found["GITHUB_WORKFLOW_REF"] == "owner/lamp/.github/workflows/ci.yml@refs/pull/1/merge"


def test_a_job_has_the_variables_of_the_published_image(sandbox: Sandbox, snapshot: Snapshot) -> None:
    found = variables(sandbox, snapshot)
    assert (found["ImageOS"], found["USER"], found["DEBIAN_FRONTEND"]) == ("ubuntu24", "runner", "noninteractive")
    assert found["XDG_CONFIG_HOME"] == os.fspath(sandbox.inside.home / ".config")


def test_a_job_with_its_own_file_system_has_only_the_variables_of_a_runner(
    sandbox: Sandbox, snapshot: Snapshot
) -> None:
    with_namespaces = replace(sandbox, inside=sandbox_paths(HOME, Path("/tmp"), "lamp"))
    found = variables(with_namespaces, snapshot)
    assert not found.keys() & {"TMPDIR", "TZ", "PIP_CONFIG_FILE", "GIT_CONFIG_NOSYSTEM"}
    assert found["GITHUB_WORKSPACE"] == "/home/runner/work/lamp/lamp"
    assert (found["XDG_RUNTIME_DIR"], found["RUNNER_TOOL_CACHE"]) == ("/run/user/1001", "/opt/hostedtoolcache")


def test_only_configuration_that_this_machine_has_is_kept_from_a_job(tmp_path: Path) -> None:
    assert neutral_variables(tmp_path) == {}
    (tmp_path / "etc").mkdir()
    for name in ("gitconfig", "pip.conf", "localtime"):
        (tmp_path / "etc" / name).write_text("[global]\n")
    expected = {"TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "PIP_CONFIG_FILE": os.devnull}
    assert neutral_variables(tmp_path) == expected


@pytest.mark.parametrize(("footer", "expected"), [("UTC0", True), ("CET-1CEST,M3.5.0,M10.5.0/3", False)])
def test_the_time_zone_is_read_from_the_footer_of_its_file(tmp_path: Path, footer: str, expected: bool) -> None:
    file = tmp_path / "localtime"
    assert is_utc(file)
    file.write_bytes(b"TZif2" + bytes(40) + f"\n{footer}\n".encode())
    assert is_utc(file) is expected


def test_path_contains_the_tools_before_the_systems_folders() -> None:
    first, *others = search_path(TOOLS, HOME).split(os.pathsep)
    assert first == "/run/tools"
    assert {"/home/runner/.local/bin", "/usr/bin", "/bin"} <= set(others)
    assert others[-1] == "/run/tools/programs"

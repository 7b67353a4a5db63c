"""Jobs share what the user has downloaded, not what was built on the user's machine."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.run.caches import pip_cache, run_caches, users_hooks
from tests.sample_project import SampleProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other cache folders")


def test_the_caches_are_those_that_each_tool_uses() -> None:
    home = {"HOME": "/me"}
    assert (pip_cache(home), users_hooks(home)) == (Path("/me/.cache/pip"), Path("/me/.cache/pre-commit"))
    assert pip_cache({**home, "XDG_CACHE_HOME": "/x"}) == Path("/x/pip")
    own = {**home, "PRE_COMMIT_HOME": "/a", "PIP_CACHE_DIR": "/b"}
    assert (pip_cache(own), users_hooks(own)) == (Path("/b"), Path("/a"))


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a user with own caches."""
    monkeypatch.setenv("UV_CACHE_DIR", os.fspath(tmp_path / "uv"))
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", os.fspath(tmp_path / "pythons"))
    return {**os.environ, "PIP_CACHE_DIR": os.fspath(tmp_path / "pip")}


@pytest.mark.integration
def test_a_job_sees_downloads_but_nothing_that_was_built_and_leaves_nothing(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    for name in ("archive-v0", "wheels-v8", "sdists-v11", "builds-v0", "git-v2", "environments-v2"):
        (tmp_path / "uv" / name).mkdir(parents=True)
    for name in ("http-v2", "wheels"):
        (tmp_path / "pip" / name).mkdir(parents=True)
    (tmp_path / "uv/evenfall/of-a-killed-run").mkdir(parents=True)
    with run_caches(tmp_path, environ, []) as caches:
        found = caches.provide("0")
        uv, pip = Path(found["UV_CACHE_DIR"]), Path(found["PIP_CACHE_DIR"])
        assert {path.name for path in uv.iterdir()} == {"archive-v0", "wheels-v8"}
        assert {path.name for path in pip.iterdir()} == {"http-v2"}
        assert Path(found["UV_PYTHON_INSTALL_DIR"]) == tmp_path / "pythons"

        for name in ("downloaded", "built"):
            (uv / "archive-v0" / name).mkdir()
        (uv / "sdists-v11/lamp").mkdir(parents=True)
        (uv / "sdists-v11/lamp/lamp-1").symlink_to("../../archive-v0/built")
        (uv / "sdists-v11/lamp/broken").symlink_to("missing")
        (uv / "simple-v28").mkdir()
        caches.provide("1")
    assert {path.name for path in (tmp_path / "uv/archive-v0").iterdir()} == {"downloaded"}
    assert (tmp_path / "uv/simple-v28").is_dir(), "a kind of download that the user's cache did not have is kept"
    assert [path.name for path in (tmp_path / "uv/evenfall").iterdir()] == ["lock"]


@pytest.mark.integration
def test_a_package_of_the_users_that_a_link_of_a_job_leads_to_stays(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "uv/archive-v0/old").mkdir(parents=True)
    time.sleep(0.02)  # the time of a file system's clock
    with run_caches(tmp_path, environ, []) as caches:
        uv = Path(caches.provide("0")["UV_CACHE_DIR"])
        (uv / "environments-v2").mkdir()
        (uv / "environments-v2/old").symlink_to(tmp_path / "uv/archive-v0/old")
    assert (tmp_path / "uv/archive-v0/old").is_dir()


@pytest.mark.integration
def test_hooks_that_jobs_install_are_kept_and_a_job_with_other_hooks_installs_its_own(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    users = SampleProject(tmp_path).write("users/db.db", "").parent
    with run_caches(tmp_path, environ, []) as caches:
        (caches.hooks / "pre-commit").mkdir()
        found = caches.provide("0")
        assert [found["PRE_COMMIT_HOME"], found["PREK_HOME"]] == [f"{caches.hooks}/pre-commit", f"{caches.hooks}/prek"]
        assert not {*Path(caches.provide("1", caches.hooks / "pre-commit")["PRE_COMMIT_HOME"]).iterdir()}
        changed = Path(caches.provide("2", users)["PRE_COMMIT_HOME"])
        assert changed.is_relative_to(caches.own)
        assert {path.name for path in changed.iterdir()} == {"db.db"}
    assert (caches.hooks / "pre-commit").is_dir()


@pytest.mark.integration
def test_a_cache_of_a_job_that_cannot_be_removed_is_a_warning(tmp_path: Path, environ: dict[str, str]) -> None:
    warnings: list[str] = []
    with run_caches(tmp_path, environ, warnings) as caches:
        (caches.own / "lock").unlink()
    (warning,) = warnings
    assert "can't be removed" in warning


@pytest.mark.integration
def test_a_uv_cache_that_cannot_be_written_exits_with_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", "/dev/null/uv")
    with pytest.raises(EvenfallError, match="/dev/null/uv") as caught, run_caches(tmp_path, os.environ, []):
        pass
    assert caught.value.exit_code is Exit.UNKNOWN

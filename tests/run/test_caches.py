"""Jobs share what the user has downloaded, not what was built on the user's machine."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.run.caches import Caches, find_caches, run_caches

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other cache folders")


def test_the_caches_are_those_that_each_tool_uses() -> None:
    def found(environ: Mapping[str, str]) -> Caches:
        return find_caches(environ, uv_cache=Path("/u"), uv_pythons=Path("/p"))

    assert found({"HOME": "/me"}).folders == (
        Path("/u"),
        Path("/p"),
        Path("/me/.cache/pre-commit"),
        Path("/me/.cache/pip"),
    )
    assert found({"HOME": "/me", "XDG_CACHE_HOME": "/x"}).pip == Path("/x/pip")
    own = found({"PRE_COMMIT_HOME": "/a", "PIP_CACHE_DIR": "/b"})
    assert (own.pre_commit, own.pip) == (Path("/a"), Path("/b"))


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a user with own caches."""
    monkeypatch.setenv("UV_CACHE_DIR", os.fspath(tmp_path / "uv"))
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

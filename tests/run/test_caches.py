"""Jobs share the download caches of the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.run.caches import Caches, find_caches, user_caches

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
    own = {"PRE_COMMIT_HOME": "/a", "PIP_CACHE_DIR": "/b"}
    assert found(own).variables == {
        "UV_CACHE_DIR": "/u",
        "UV_PYTHON_INSTALL_DIR": "/p",
        "PRE_COMMIT_HOME": "/a",
        "PIP_CACHE_DIR": "/b",
    }


@pytest.mark.integration
def test_uv_names_its_own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", os.fspath(tmp_path / "cache"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", os.fspath(tmp_path / "pythons"))
    caches = user_caches(tmp_path, os.environ)
    assert (caches.uv, caches.uv_pythons) == (tmp_path / "cache", tmp_path / "pythons")
    assert [*caches.uv.iterdir()] == []


@pytest.mark.integration
def test_a_uv_cache_that_cannot_be_written_exits_with_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", "/dev/null/uv")
    with pytest.raises(EvenfallError, match="/dev/null/uv") as caught:
        user_caches(tmp_path, os.environ)
    assert caught.value.exit_code is Exit.UNKNOWN

"""Each project has a folder for the hooks that jobs install, for one day."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.run.hook_home import hook_home, hooks_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other cache folders")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_project_keeps_its_hooks_for_a_day_and_those_of_other_days_are_removed(tmp_path: Path) -> None:
    warnings: list[str] = []
    (hooks_folder() / "1/old").mkdir(parents=True)
    with hook_home(tmp_path / "lamp", warnings) as first, hook_home(tmp_path / "wick", warnings) as other:
        assert first != other
    with hook_home(tmp_path / "lamp", warnings) as again:
        assert again == first
    assert [path.name for path in hooks_folder().iterdir() if path.is_dir()] == [first.parent.name]
    assert warnings == []


def test_hooks_of_other_days_stay_while_another_run_is_active(tmp_path: Path) -> None:
    with hook_home(tmp_path / "lamp", []):
        (hooks_folder() / "1").mkdir()
        with hook_home(tmp_path / "wick", []):
            pass
        assert (hooks_folder() / "1").is_dir()
    assert not (hooks_folder() / "1").exists()

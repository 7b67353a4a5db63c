"""A folder whose content is kept for later runs is cleared only while no run uses it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.run.cache_folder import kept_in, remove_all, use_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="evenfall run is not available on Windows")


def test_only_the_last_run_that_uses_a_folder_removes_what_is_old(tmp_path: Path) -> None:
    removals: list[str] = []
    with use_folder(tmp_path / "kept", lambda: removals.append("first")):
        with use_folder(tmp_path / "kept", lambda: removals.append("second")):
            pass
        assert removals == []
    assert removals == ["first"]


def test_all_that_is_kept_is_removed_unless_a_run_uses_the_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with (
        use_folder(tmp_path, lambda: None),
        pytest.raises(EvenfallError, match="another `evenfall run` uses") as caught,
    ):
        remove_all(tmp_path)
    assert caught.value.exit_code is Exit.UNKNOWN
    assert len(kept_in(tmp_path)) == remove_all(tmp_path) == 2
    assert kept_in(tmp_path) == []

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from evenfall.imports import import_without_gc


def test_a_module_is_imported_without_the_garbage_collector_which_then_runs_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("lantern_oil", "lantern_wick"):
        (tmp_path / f"{name}.py").write_text("import gc\n\nIS_ENABLED = gc.isenabled()\nOBJECT = []\n")
    frozen = gc.get_freeze_count()
    try:
        assert not import_without_gc("lantern_oil").IS_ENABLED
        assert gc.isenabled()
        assert gc.get_freeze_count() > frozen
        with pytest.raises(ModuleNotFoundError):
            import_without_gc("lantern_light")
        assert gc.isenabled()
        gc.disable()
        import_without_gc("lantern_wick")
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()

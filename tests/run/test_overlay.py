"""The files that a job changed are found in the layers of its overlay."""

from __future__ import annotations

from pathlib import Path

from evenfall.run.overlay import changed_paths


def test_a_file_that_an_upper_layer_restores_is_not_changed(tmp_path: Path) -> None:
    texts = {"base": {"page": "old", "left": "old"}, "build": {"page": "new", "left": "new"}, "job": {"page": "old"}}
    for layer, files in texts.items():
        (tmp_path / layer).mkdir()
        for name, text in files.items():
            (tmp_path / layer / name).write_text(text)
    base, build, job = (tmp_path / layer for layer in texts)
    assert changed_paths(base, build) == ("left", "page")
    assert changed_paths(base, job, build) == ("left",)

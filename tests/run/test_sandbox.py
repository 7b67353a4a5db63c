"""A sandbox has the folders and files of a runner."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evenfall.run.sandbox import Sandbox, make_sandbox
from tests.run.conftest import snapshot_of
from tests.sample_project import SampleProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux")


def test_a_sandbox_has_the_files_of_a_runners_variables_and_an_empty_home(sandbox: Sandbox) -> None:
    assert {path.name for path in sandbox.files.iterdir()} == {
        "env",
        "output",
        "path",
        "state",
        "summary.md",
        "event.json",
    }
    assert json.loads((sandbox.files / "event.json").read_text())["number"] == 1
    assert {path.name for path in sandbox.outside.home.iterdir()} == {".config", "work"}
    assert [*sandbox.outside.temporary.iterdir()] == []
    assert sandbox.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["home", "tmp", "github", "work"])
def test_a_repository_can_have_the_name_of_a_folder_of_its_sandbox(
    lamp: SampleProject, run_folder: Path, name: str
) -> None:
    lamp.git("remote", "add", "origin", f"https://github.com/owner/{name}")
    sandbox = make_sandbox(run_folder / "0", snapshot_of(lamp, run_folder))
    assert sandbox.checkout.name == name
    assert [*sandbox.outside.temporary.iterdir()] == []
    assert "page.txt" not in {path.name for path in sandbox.files.iterdir()}

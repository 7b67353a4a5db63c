"""What a runner gives a job beside the snapshot, and that a sandbox goes, whatever was done in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evenfall.run.sandbox import Sandbox, make_sandbox, remove
from tests.made_project import Made
from tests.run.conftest import snapshot_of
from tests.run.unprivileged import unprivileged

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of a Linux")


def test_the_files_behind_a_runners_variables_are_there_and_home_is_empty(sandbox: Sandbox) -> None:
    assert {path.name for path in sandbox.files.iterdir()} == {"env", "output", "path", "summary.md", "event.json"}
    assert json.loads((sandbox.files / "event.json").read_text()) == {"action": "synchronize", "number": 1}
    assert [*sandbox.home.iterdir(), *sandbox.temporary.iterdir()] == []
    assert sandbox.folder.stat().st_mode & 0o777 == 0o700


def test_a_sandbox_goes_with_folders_in_it_that_can_t_be_written_or_read(sandbox: Sandbox, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o500)
    deep = sandbox.checkout / "closed/deep"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    (sandbox.checkout / "closed/link").symlink_to(kept)
    deep.chmod(0o000)
    deep.parent.chmod(0o500)
    with unprivileged():
        remove(sandbox.folder)
    assert not sandbox.folder.exists()
    assert kept.stat().st_mode & 0o777 == 0o500


def test_a_sandbox_that_is_gone_already_is_removed(tmp_path: Path) -> None:
    remove(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("name", ["home", "tmp", "github", "work"])
def test_a_repository_may_have_the_name_of_a_folder_of_its_sandbox(lamp: Made, run_in: Path, name: str) -> None:
    lamp.git("remote", "add", "origin", f"https://github.com/owner/{name}")
    sandbox = make_sandbox(run_in / "0", snapshot_of(lamp, run_in))
    assert sandbox.checkout.name == name
    assert [*sandbox.home.iterdir(), *sandbox.temporary.iterdir()] == []
    assert "page.txt" not in {path.name for path in sandbox.files.iterdir()}

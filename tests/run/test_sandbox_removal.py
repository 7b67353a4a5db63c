"""Sandboxes are removed at the end of a run, whatever a job did in them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.run.sandbox_removal import SandboxRemover, removal_warning, remove
from tests.run.unprivileged import unprivileged


def make_folder(parent: Path, name: str) -> Path:
    folder = parent / name
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/file").touch()
    return folder


def test_sandboxes_are_removed_at_the_end(tmp_path: Path) -> None:
    with SandboxRemover(tmp_path, []) as remover:
        sandboxes = [make_folder(tmp_path, str(number)) for number in range(9)]
        for sandbox in sandboxes:
            remover.add(sandbox)
        assert all(sandbox.is_dir() for sandbox in sandboxes)
    assert not any(sandbox.exists() for sandbox in sandboxes)


def test_sandboxes_are_removed_at_once_if_the_disk_gets_full(tmp_path: Path) -> None:
    with SandboxRemover(tmp_path, [], reserve=2) as remover:
        sandbox = make_folder(tmp_path, "0")
        remover.add(sandbox)
        assert not sandbox.exists()


def test_sandboxes_are_removed_after_an_interrupt(tmp_path: Path) -> None:
    sandbox = make_folder(tmp_path, "0")

    def interrupt() -> None:
        with SandboxRemover(tmp_path, []) as remover:
            remover.add(sandbox)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert not sandbox.exists()


def test_a_sandbox_that_cannot_be_removed_gives_a_warning_and_the_others_are_removed(tmp_path: Path) -> None:
    file, sandbox = tmp_path / "file", make_folder(tmp_path, "0")
    file.touch()
    warnings: list[str] = []
    with SandboxRemover(tmp_path, warnings) as remover:
        remover.add(file)
        remover.add(sandbox)
    assert warnings == [f"{file}: can't be removed: {file}: Not a directory\n  next: sudo rm -r {file}"]
    assert not sandbox.exists()


def test_the_warning_of_an_error_without_a_file_has_its_message() -> None:
    assert removal_warning(Path("/sandbox"), OSError("it is busy")).startswith(
        "/sandbox: can't be removed: it is busy\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these capabilities")
def test_folders_without_permissions_are_removed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o500)
    sandbox = make_folder(tmp_path, "0")
    (sandbox / "closed").mkdir()
    (sandbox / "closed/link").symlink_to(kept)
    (sandbox / "deep").chmod(0o000)
    (sandbox / "closed").chmod(0o500)
    with unprivileged():
        remove(sandbox)
    assert not sandbox.exists()
    assert kept.stat().st_mode & 0o777 == 0o500


def test_a_missing_folder_is_removed_without_an_error(tmp_path: Path) -> None:
    remove(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()

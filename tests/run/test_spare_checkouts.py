"""A checkout that a job left as it found it serves another job."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evenfall.git.snapshot import Snapshot
from evenfall.run.sandbox import make_sandbox
from evenfall.run.spare_checkouts import SpareCheckouts
from tests.sample_project import SampleProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux")


@pytest.fixture
def lamp(lamp: SampleProject) -> SampleProject:
    """A repository with a folder."""
    lamp.write("docs/page.txt", "two\n")
    lamp.commit("second")
    return lamp


def test_the_next_job_gets_a_checkout_without_the_files_that_a_job_added(snapshot: Snapshot, run_folder: Path) -> None:
    checkouts = SpareCheckouts()
    for number in range(3):
        sandbox = make_sandbox(run_folder / str(number), snapshot, checkouts=checkouts)
        left = sorted(path.name for path in (*sandbox.checkout.iterdir(), *(sandbox.checkout / "docs").iterdir()))
        assert left == [".git", ".gitignore", "docs", "page.txt", "page.txt"]
        for name in (".nox/check/bin/python", "docs/debug.log", ".git/refs/tags/v1"):
            (sandbox.checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (sandbox.checkout / name).touch()
        inode = (sandbox.checkout / "page.txt").stat().st_ino
        assert checkouts.add(sandbox)
        assert not sandbox.checkout.exists()
        spare = make_sandbox(run_folder / f"{number}-next", snapshot, checkouts=checkouts)
        assert (spare.checkout / "page.txt").stat().st_ino == inode
        assert checkouts.add(spare)


def rewrite(page: Path) -> None:
    """Change a file, but neither its size nor the time of its last modification."""
    before = page.stat()
    page.write_text("six\n")
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))


def write_again(page: Path) -> None:
    shutil.copy2(page, page.with_name("copy"))
    page.with_name("copy").replace(page)


def make_folder(page: Path) -> None:
    page.unlink()
    page.mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda checkout: rewrite(checkout / "page.txt"),
    "other file of the same content": lambda checkout: write_again(checkout / "page.txt"),
    "mode": lambda checkout: (checkout / "page.txt").chmod(0o600),
    "hard link": lambda checkout: os.link(checkout / "page.txt", checkout / "link"),
    "removed": lambda checkout: (checkout / "page.txt").unlink(),
    "repository": lambda checkout: (checkout / ".git/config").write_text(""),
    "mode of a folder": lambda checkout: (checkout / "docs").chmod(0o777),
    "attribute of a folder": lambda checkout: os.setxattr(checkout / "docs", "user.color", b"red"),
    "folder in place of a file": lambda checkout: make_folder(checkout / "page.txt"),
}


def test_a_checkout_that_a_job_changed_is_not_given_to_another(snapshot: Snapshot, run_folder: Path) -> None:
    checkouts, kept = SpareCheckouts(), []
    for name, change in CHANGES.items():
        sandbox = make_sandbox(run_folder / name, snapshot, checkouts=checkouts)
        change(sandbox.checkout)
        kept += [name] if checkouts.add(sandbox) else []
    assert kept == []


def test_a_checkout_serves_only_jobs_of_its_commit(snapshot: Snapshot, run_folder: Path) -> None:
    checkouts = SpareCheckouts()
    sandbox = make_sandbox(run_folder / "0", snapshot, checkouts=checkouts)
    assert checkouts.add(sandbox)
    assert not checkouts.take(replace(sandbox, commit=snapshot.head))
    assert checkouts.take(sandbox)


def test_a_checkout_is_not_kept_if_its_state_is_not_known_or_new_files_cannot_be_moved(
    snapshot: Snapshot, run_folder: Path
) -> None:
    checkouts = SpareCheckouts()
    sandbox = make_sandbox(run_folder / "0", snapshot, checkouts=checkouts)
    (sandbox.folder / "new").touch()
    assert not checkouts.add(sandbox)
    assert not checkouts.add(sandbox)
    (sandbox.checkout / ".git/index").unlink()
    checkouts.record(sandbox)
    assert not checkouts.add(sandbox)
    coarse = SpareCheckouts(coarse_granularity=1)
    assert not coarse.add(make_sandbox(run_folder / "1", snapshot, checkouts=coarse))

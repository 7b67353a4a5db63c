"""A checkout of an earlier run is made equal to a new one, and only the files that differ are written."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evenfall.git.alternates import alternates_variable
from evenfall.git.command import git
from evenfall.git.snapshot import Snapshot
from evenfall.run.cache_folder import kept_in
from evenfall.run.checkout_cache import KeptCheckouts
from evenfall.run.isolation import Isolation
from evenfall.run.sandbox import Sandbox, make_sandbox
from evenfall.run.spare_checkouts import SpareCheckouts
from tests.run.conftest import snapshot_of
from tests.run.contexts import KINDS
from tests.sample_project import SampleProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptCheckouts]:
    with contextlib.closing(KeptCheckouts(tmp_path / "kept", "lamp", fewest_files=1)) as opened:
        yield opened


@pytest.fixture
def lamp(lamp: SampleProject) -> SampleProject:
    """A repository with folders, a program and a link."""
    for name in ("a/oil.txt", "b/oil.txt", "b/wick.txt", "c/old/oil.txt", "tool.sh"):
        lamp.write(name, f"{name}\n")
    (lamp.root / "link").symlink_to("page.txt")
    lamp.commit("second")
    return lamp


def change(lamp: SampleProject) -> None:
    """Change content, modes, links and kinds of files."""
    lamp.write("b/oil.txt", "new\n")
    (lamp.root / "tool.sh").chmod(0o755)
    (lamp.root / "link").unlink()
    (lamp.root / "link").symlink_to("a/oil.txt")
    shutil.rmtree(lamp.root / "c")
    lamp.write("c", "a file\n")
    lamp.write("d/new.txt", "new\n")
    (lamp.root / "a/oil.txt").unlink()
    lamp.write("a/oil.txt/page.txt", "a folder\n")
    lamp.commit("third")


def facts(checkout: Path) -> dict[str, tuple[int, bytes]]:
    """Return the modes and contents of all files and folders, without the repository, whose name `git init` writes."""
    return {
        os.fspath(path.relative_to(checkout)): (path.lstat().st_mode, content(path))
        for path in sorted(checkout.rglob("*"))
        if ".git" not in path.relative_to(checkout).parts
    }


def content(path: Path) -> bytes:
    if path.is_symlink():
        return os.fsencode(path.readlink())
    return path.read_bytes() if path.is_file() else b""


def checked_out(folder: Path, snapshot: Snapshot, kind: Isolation, kept: KeptCheckouts | None) -> Sandbox:
    return make_sandbox(folder, snapshot, isolation=kind, checkouts=SpareCheckouts(kept))


def new_snapshot(lamp: SampleProject, folder: Path) -> Snapshot:
    folder.mkdir()
    return snapshot_of(lamp, folder)


@pytest.mark.parametrize("kind", sorted(KINDS, key=str))
def test_a_kept_checkout_becomes_equal_to_a_new_one(
    lamp: SampleProject, run_folder: Path, kept: KeptCheckouts, kind: Isolation
) -> None:
    first = checked_out(run_folder / "0", new_snapshot(lamp, run_folder / "old"), kind, kept)
    inode = (first.checkout / "page.txt").stat().st_ino
    SpareCheckouts(kept).keep([first])
    (folder,) = kept_in(run_folder.with_name("kept"))
    # No job writes here, but somebody may.
    (folder / "files/debug.log").touch()
    (folder / "files/b/empty").mkdir()
    (folder / "files/b/wick.txt").write_text("no wick\n")
    (folder / "files/b/wick.txt").chmod(0o600)
    change(lamp)
    snapshot = new_snapshot(lamp, run_folder / "new")
    again = checked_out(run_folder / "1", snapshot, kind, kept)
    assert facts(again.checkout) == facts(checked_out(run_folder / "2", snapshot, kind, None).checkout)
    assert (again.checkout / "page.txt").stat().st_ino == inode
    assert kept_in(run_folder.with_name("kept")) == []
    environ = alternates_variable(*snapshot.objects)
    assert git(again.checkout, "rev-parse", "HEAD", env=environ).line == snapshot.commit
    assert git(again.checkout, "-c", "core.checkStat=minimal", "diff-files", env=environ).text == ""


def keep_old(lamp: SampleProject, run_folder: Path, kept: KeptCheckouts) -> Path:
    """Keep a checkout, in which some files are from 1970; return its folder in the cache."""
    sandbox = checked_out(run_folder / "0", new_snapshot(lamp, run_folder / "old"), Isolation.NONE, kept)
    for number, path in enumerate(sorted(sandbox.checkout.glob("*/*.txt"))):
        os.utime(path, (number, number))
    SampleProject(sandbox.checkout).git("update-index", "-q", "--refresh")
    SpareCheckouts(kept).keep([sandbox])
    (folder,) = kept_in(run_folder.with_name("kept"))
    return folder


def next_checkout(lamp: SampleProject, run_folder: Path, kept: KeptCheckouts) -> Path:
    return checked_out(run_folder / "1", new_snapshot(lamp, run_folder / "new"), Isolation.NONE, kept).checkout


def damage(_: SampleProject, folder: Path) -> None:
    for name in ("a/oil.txt", "tool.sh"):
        (folder / "files" / name).write_text("damaged\n")


def commit(lamp: SampleProject, _: Path) -> None:
    for name in ("a/oil.txt", "tool.sh"):
        lamp.write(name, "new\n")
    lamp.commit("third")


@pytest.mark.parametrize("make_different", [damage, commit])
def test_no_file_of_a_kept_checkout_is_newer_than_one_that_git_writes_after_it(
    lamp: SampleProject, run_folder: Path, kept: KeptCheckouts, make_different: Callable[[SampleProject, Path], None]
) -> None:
    make_different(lamp, keep_old(lamp, run_folder, kept))
    checkout = next_checkout(lamp, run_folder, kept)
    oil, other, wick = (checkout / name for name in ("a/oil.txt", "b/oil.txt", "b/wick.txt"))
    assert oil.stat().st_mtime == other.stat().st_mtime == 1
    assert wick.stat().st_mtime == 2
    assert (checkout / "tool.sh").stat().st_mtime > 2
    assert SampleProject(checkout).git("diff-files") == ""


def test_no_file_of_a_kept_checkout_is_newer_than_now(
    snapshot: Snapshot, run_folder: Path, kept: KeptCheckouts
) -> None:
    first = checked_out(run_folder / "0", snapshot, Isolation.NONE, kept)
    later = time.time() + 3600
    os.utime(first.checkout / "tool.sh", (later, later))
    SampleProject(first.checkout).git("update-index", "-q", "--refresh")
    os.utime(first.checkout / ".git/index", (later + 1, later + 1))  # else git would write the file again
    SpareCheckouts(kept).keep([first])
    last = checked_out(run_folder / "1", snapshot, Isolation.NONE, kept).checkout / "tool.sh"
    assert last.stat().st_mtime < later


def test_all_files_are_written_with_the_line_ends_of_new_attributes(
    lamp: SampleProject, run_folder: Path, kept: KeptCheckouts
) -> None:
    keep_old(lamp, run_folder, kept)
    lamp.write("b/.gitattributes", "*.txt text eol=crlf\n")
    lamp.commit("third")
    checkout = next_checkout(lamp, run_folder, kept)
    assert (checkout / "b/oil.txt").read_bytes() == b"b/oil.txt\r\n"
    assert (checkout / "a/oil.txt").read_bytes() == b"a/oil.txt\n"


def test_a_kept_checkout_with_a_broken_index_is_not_used(
    lamp: SampleProject, run_folder: Path, kept: KeptCheckouts
) -> None:
    folder = keep_old(lamp, run_folder, kept)
    (folder / "index").write_bytes(b"DIRC")
    (folder / "files/a/oil.txt").write_text("no oil\n")
    checkout = next_checkout(lamp, run_folder, kept)
    assert (checkout / "a/oil.txt").read_bytes() == b"a/oil.txt\n"


def test_each_project_gets_its_own_last_checkout(snapshot: Snapshot, run_folder: Path, kept: KeptCheckouts) -> None:
    names = ("first", "second")
    for name in names:
        sandbox = checked_out(run_folder / name, snapshot, Isolation.NONE, None)
        (sandbox.checkout / name).touch()
        kept.keep(sandbox.checkout)
    with contextlib.closing(KeptCheckouts(run_folder.with_name("kept"), "lam")) as other:
        assert not other.take(run_folder / "other")
    for name in reversed(names):
        assert kept.take(run_folder / f"taken-{name}")
        assert (run_folder / f"taken-{name}/files" / name).exists()
    assert not kept.take(run_folder / "third")


def test_a_checkout_that_another_run_takes_first_is_not_used(
    snapshot: Snapshot, run_folder: Path, kept: KeptCheckouts
) -> None:
    kept.keep(checked_out(run_folder / "0", snapshot, Isolation.NONE, None).checkout)
    assert not kept.take(run_folder / "missing/0")


@pytest.mark.parametrize("missing", ["index", "files"])
def test_a_checkout_whose_removal_was_killed_is_not_used(
    snapshot: Snapshot, run_folder: Path, kept: KeptCheckouts, missing: str
) -> None:
    kept.keep(checked_out(run_folder / "0", snapshot, Isolation.NONE, None).checkout)
    (folder,) = kept_in(run_folder.with_name("kept"))
    (folder / missing).rename(run_folder / "removed")
    again = checked_out(run_folder / "1", snapshot, Isolation.NONE, kept)
    assert (again.checkout / "page.txt").is_file()


def test_a_checkout_without_an_index_is_not_kept(snapshot: Snapshot, run_folder: Path, kept: KeptCheckouts) -> None:
    sandbox = checked_out(run_folder / "0", snapshot, Isolation.NONE, None)
    (sandbox.checkout / ".git/index").unlink()
    kept.keep(sandbox.checkout)
    assert kept_in(run_folder.with_name("kept")) == []


def test_a_small_checkout_is_not_kept(snapshot: Snapshot, run_folder: Path) -> None:
    sandbox = checked_out(run_folder / "0", snapshot, Isolation.NONE, None)
    with contextlib.closing(KeptCheckouts(run_folder / "kept", "lamp")) as kept:
        kept.keep(sandbox.checkout)
    assert kept_in(run_folder / "kept") == []
    assert (sandbox.checkout / ".git/index").exists()


def test_a_checkout_with_submodules_is_not_kept(snapshot: Snapshot, run_folder: Path, kept: KeptCheckouts) -> None:
    """Git does not remove other files from the folder of one."""
    sandbox = checked_out(run_folder / "0", snapshot, Isolation.NONE, None)
    (sandbox.checkout / ".gitmodules").touch()
    kept.keep(sandbox.checkout)
    assert kept_in(run_folder.with_name("kept")) == []


def test_spare_checkouts_are_kept(snapshot: Snapshot, run_folder: Path, kept: KeptCheckouts) -> None:
    checkouts = SpareCheckouts(kept)
    sandbox = make_sandbox(run_folder / "0", snapshot, checkouts=checkouts)
    assert checkouts.add(sandbox)
    checkouts.keep()
    (folder,) = kept_in(run_folder.with_name("kept"))
    assert {path.name for path in folder.iterdir()} == {"files", "index", "state"}
    SpareCheckouts().keep([sandbox])

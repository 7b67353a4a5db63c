"""The folder of a run is private, and gone afterwards, however the run ended."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit

if sys.platform == "win32":
    pytest.skip("evenfall run does not run on Windows", allow_module_level=True)

from evenfall.run.run_folder import KEPT, KEPT_SECONDS, base, keep, run_folder
from tests.run.unprivileged import unprivileged


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """TMPDIR, which Python reads once only."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", os.fspath(folder))
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(folder))
    return folder


def aged(path: Path) -> Path:
    """As it would be after a day and a bit."""
    then = time.time() - KEPT_SECONDS - 60
    os.utime(path, (then, then))
    return path


def test_it_is_private_below_tmpdir_and_gone_afterwards(temporary: Path) -> None:
    with run_folder([]) as folder:
        assert folder.parent == temporary / f"evenfall-{os.getuid()}"
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        (folder / "file").touch()
    assert not folder.exists()


def test_without_tmpdir_it_lies_on_a_disk_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR")
    assert base() == Path("/var/tmp").resolve() / f"evenfall-{os.getuid()}"


def test_it_is_gone_after_an_error_too_which_is_told_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), run_folder([]) as folder:
        raise ZeroDivisionError
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["open to others", "a link"])
def test_a_folder_that_others_could_have_made_is_refused(temporary: Path, kind: str) -> None:
    theirs = temporary / f"evenfall-{os.getuid()}"
    if kind == "a link":
        theirs.symlink_to(temporary)
    else:
        theirs.mkdir()
        theirs.chmod(0o755)
    with pytest.raises(EvenfallError, match="it is not a private folder of yours") as caught, run_folder([]):
        pass
    assert caught.value.exit_code is Exit.UNKNOWN


def test_a_folder_that_is_kept_stays_a_day() -> None:
    with run_folder([]) as folder:
        keep(folder)
    assert folder.is_dir()
    with run_folder([]):
        assert folder.is_dir()
    aged(folder / KEPT)
    with run_folder([]):
        assert not folder.exists()


def test_what_a_killed_run_left_goes_with_the_next() -> None:
    script = "import os\nfrom evenfall.run.run_folder import run_folder\nwith run_folder([]) as f: print(f, flush=True); os._exit(9)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    left = Path(done.stdout.strip())
    assert left.is_dir()
    with run_folder([]):
        assert not left.exists()


def test_a_living_runs_folder_is_left_alone() -> None:
    with run_folder([]) as folder, run_folder([]) as other:
        assert folder.is_dir()
        assert other.is_dir()


def test_a_folder_of_a_run_that_was_killed_before_it_had_a_lock_goes_and_a_stray_file_is_nobodys() -> None:
    left, file = (base() / name for name in ("left", "file"))
    left.mkdir()
    file.touch()
    with run_folder([]) as folder:
        assert {path.name for path in base().iterdir()} == {"file", "lock", folder.name}


def test_no_run_takes_a_folder_away_from_one_that_is_just_beginning() -> None:
    lost: list[Path] = []

    def running() -> None:
        for _ in range(100):
            with run_folder([]) as folder:
                if not (folder / "lock").is_file():
                    lost.append(folder)

    threads = [threading.Thread(target=running) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_is_full_or_can_t_be_written_is_not_the_projects_fault(number: int) -> None:
    with pytest.raises(EvenfallError, match=os.strerror(number)) as caught, run_folder([]):
        raise OSError(number, os.strerror(number), "/some/file")
    assert caught.value.message == f"/some/file: {os.strerror(number)}"
    assert "TMPDIR" in caught.value.hint
    assert caught.value.exit_code is Exit.UNKNOWN


def test_any_other_error_of_the_system_is_told_as_it_is() -> None:
    with pytest.raises(FileNotFoundError), run_folder([]) as folder:
        (folder / "gone").read_text()


def test_a_tmpdir_that_is_no_folder_is_named(temporary: Path) -> None:
    temporary.rmdir()
    temporary.touch()
    with pytest.raises(EvenfallError, match=r"tmp/evenfall-\d+: Not a directory"), run_folder([]):
        pass


def another_users(folder: Path) -> None:
    """A folder as a container leaves it that runs as root: what lies in it can't be removed by anybody else."""
    (folder / "theirs").mkdir()
    (folder / "theirs/file").touch()
    os.chown(folder / "theirs", 12345, 12345)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can leave another user's files")
def test_what_can_t_be_removed_is_told_and_keeps_no_run_from_going_on(temporary: Path) -> None:
    temporary.chmod(0o777)
    trouble: list[str] = []
    with unprivileged():
        left = base() / "left"
        left.mkdir()
    another_users(left)
    with unprivileged(), run_folder(trouble) as folder:
        (folder / "file").touch()
    assert not folder.exists()
    (told,) = trouble
    assert re.fullmatch(rf"{left} can't be removed: \S+: Permission denied\n  next: sudo rm -r {left}", told)
    with unprivileged(), run_folder(trouble) as folder:
        another_users(folder)
    assert trouble[-1].startswith(f"{folder} can't be removed: ")

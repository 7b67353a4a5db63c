"""The folder of a run is private, and is removed however the run ends."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit

if sys.platform == "win32":
    pytest.skip("evenfall run is not available on Windows", allow_module_level=True)

from evenfall.run.run_folder import KEEP_MARKER, KEEP_SECONDS, is_kept, keep, old_folders, parent_folder, run_folder
from tests.run.unprivileged import unprivileged


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(folder))
    return folder


def make_old(path: Path) -> Path:
    """Give a file the time at which it is old enough to be removed."""
    then = time.time() - KEEP_SECONDS - 60
    os.utime(path, (then, then))
    return path


def test_the_folder_is_private_and_is_removed_at_the_end(cache: Path) -> None:
    with run_folder([]) as folder:
        assert folder.parent == cache / "evenfall/runs"
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        (folder / "file").touch()
    assert not folder.exists()


def test_the_folder_is_removed_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), run_folder([]) as folder:
        raise ZeroDivisionError
    assert not folder.exists()


def test_a_folder_that_other_users_can_read_is_an_error(cache: Path) -> None:
    existing = cache / "evenfall/runs"
    existing.mkdir(parents=True)
    existing.chmod(0o755)
    with pytest.raises(EvenfallError, match="not a private folder of this user") as caught, run_folder([]):
        pass
    assert caught.value.exit_code is Exit.UNKNOWN


def test_a_kept_folder_is_old_after_a_day() -> None:
    with run_folder([]) as folder:
        keep(folder)
    assert folder.is_dir()
    assert old_folders(folder.parent) == []
    make_old(folder / KEEP_MARKER)
    with run_folder([]) as new:
        assert new == folder
        assert [path.name for path in new.iterdir()] == ["lock"]
        (old,) = old_folders(folder.parent)
    assert is_kept(old)


def test_the_folder_of_a_killed_run_is_old() -> None:
    script = "import os\nfrom evenfall.run.run_folder import run_folder\nwith run_folder([]) as f: os.mkdir(f / 'left'); os._exit(9)"
    subprocess.run([sys.executable, "-c", script])
    (old,) = old_folders(parent_folder())
    assert (old / "left").is_dir()


def test_a_folder_without_a_lock_is_old_and_a_file_or_the_folder_of_another_run_is_not() -> None:
    left, file = (parent_folder() / name for name in ("left", "file"))
    left.mkdir()
    file.touch()
    with run_folder([]) as folder:
        assert old_folders(folder.parent) == [left]


def test_the_folder_of_a_run_that_is_starting_is_not_old() -> None:
    lost: list[Path] = []

    def run() -> None:
        for _ in range(100):
            with run_folder([]) as folder:
                old_folders(folder.parent)
                if not (folder / "lock").is_file():
                    lost.append(folder)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_read_only_disk_exits_with_unknown(number: int) -> None:
    with pytest.raises(EvenfallError, match=os.strerror(number)) as caught, run_folder([]):
        raise OSError(number, os.strerror(number), "/some/file")
    assert caught.value.message == f"/some/file: {os.strerror(number)}"
    assert "XDG_CACHE_HOME" in caught.value.hint
    assert caught.value.exit_code is Exit.UNKNOWN


def test_any_other_os_error_is_raised_unchanged() -> None:
    with pytest.raises(FileNotFoundError), run_folder([]) as folder:
        (folder / "gone").read_text()


def test_a_cache_that_is_a_file_is_an_error(cache: Path) -> None:
    cache.rmdir()
    cache.touch()
    with pytest.raises(EvenfallError, match=r"cache/evenfall(/runs)?: Not a directory"), run_folder([]):
        pass


def add_files_of_another_user(folder: Path) -> None:
    """Add files that only root can remove, as a container that runs as root leaves them."""
    (folder / "theirs").mkdir()
    (folder / "theirs/file").touch()
    os.chown(folder / "theirs", 12345, 12345)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can leave another user's files")
def test_a_folder_that_cannot_be_removed_gives_a_warning(cache: Path) -> None:
    cache.chmod(0o777)
    warnings: list[str] = []
    with unprivileged(), run_folder(warnings) as folder:
        add_files_of_another_user(folder)
    (warning,) = warnings
    (left,) = (path for path in folder.parent.iterdir() if path.is_dir())
    assert re.fullmatch(rf"{left}: can't be removed: \S+: Permission denied\n  next: sudo rm -r {left}", warning)

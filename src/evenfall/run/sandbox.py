"""A sandbox: a fresh folder with a snapshot and all that a runner gives a job; the edge that makes it and takes it away."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.git.checkout import check_out
from evenfall.git.snapshot import Snapshot

UMASK = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """`folder` holds all of it; `commit` is what is checked out."""

    folder: Path
    checkout: Path
    commit: str

    @property
    def home(self) -> Path:
        """An empty HOME."""
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        """RUNNER_TEMP, and TMPDIR."""
        return self.folder / "tmp"

    @property
    def files(self) -> Path:
        """What stands behind GITHUB_ENV, GITHUB_OUTPUT, GITHUB_PATH, GITHUB_STEP_SUMMARY and GITHUB_EVENT_PATH."""
        return self.folder / "github"


def make_sandbox(folder: Path, snapshot: Snapshot, *, history: bool = False) -> Sandbox:
    """A sandbox at `folder`, which is not there yet; without `history`, git has one commit there and no tag.

    The checkout lies below a folder of its own, as a runner's does; HEAD is on no branch, as it is where a runner checks a pull
    request. Raises `EvenfallError` (unknown): it can't be written.
    """
    sandbox = Sandbox(
        folder=folder,
        checkout=folder / "work" / snapshot.repository.name,
        commit=snapshot.checkout_commit(history=history),
    )
    for path in (folder, sandbox.checkout.parent, sandbox.home, sandbox.temporary, sandbox.files):
        path.mkdir(mode=0o700 if path == folder else 0o755)
    for name in ("env", "output", "path", "summary.md"):
        (sandbox.files / name).touch()
    (sandbox.files / "event.json").write_text(json.dumps({"action": "synchronize", "number": 1}), encoding="utf-8")
    try:
        check_out(snapshot, sandbox.checkout, history=history, umask=UMASK)
    except EvenfallError as error:
        raise EvenfallError(
            f"{sandbox.checkout}: the snapshot can't be checked out: {error.message}",
            hint="free some space, or set TMPDIR to a folder on another disk",
            exit_code=Exit.UNKNOWN,
        ) from error
    return sandbox


def users_umask() -> int:
    """This process's, asked of another: to ask is to set it, and for all threads."""
    return int(subprocess.run(["sh", "-c", "umask"], capture_output=True, text=True, check=True).stdout, 8)


def not_removed(folder: Path, error: OSError) -> str:
    """What to tell of a folder that could not be removed: another user's files may lie there, as a container leaves them."""
    why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return f"{folder} can't be removed: {why}\n  next: sudo rm -r {shlex.quote(os.fspath(folder))}"


def remove(folder: Path) -> None:
    """Remove a sandbox, also where a job has left folders that can't be written to. Raises `OSError` where that does not help."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except PermissionError:
        for above, names, _ in os.walk(folder):  # top down: each folder is opened before it is walked
            for path in [Path(above), *(Path(above, name) for name in names)]:
                if not path.is_symlink():
                    path.chmod(stat.S_IRWXU)
        shutil.rmtree(folder)

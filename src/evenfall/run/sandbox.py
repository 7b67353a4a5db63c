"""A sandbox: a new folder with a checkout of the snapshot and the other folders and files that a runner gives a job."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.git.checkout import check_out
from evenfall.git.snapshot import Snapshot

UMASK = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """The folders of one sandbox: `folder` contains the others, and `commit` is checked out in `checkout`."""

    folder: Path
    checkout: Path
    commit: str

    @property
    def home(self) -> Path:
        """The job's HOME, which is empty at first."""
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        """The folder of RUNNER_TEMP and TMPDIR."""
        return self.folder / "tmp"

    @property
    def files(self) -> Path:
        """The folder of GITHUB_ENV, GITHUB_OUTPUT, GITHUB_PATH, GITHUB_STEP_SUMMARY and GITHUB_EVENT_PATH."""
        return self.folder / "github"


def make_sandbox(folder: Path, snapshot: Snapshot, *, history: bool = False) -> Sandbox:
    """Make a sandbox in `folder`, which must not exist. Without `history`, its repository has one commit and no tag.

    Raises `EvenfallError` (unknown) if the snapshot can't be checked out, because the disk is full for example.
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

"""A sandbox: a new folder with a checkout of the snapshot and the other folders and files that a runner gives a job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.git.checkout import check_out
from evenfall.git.snapshot import Snapshot
from evenfall.run.event import event_text

UMASK = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPaths:
    """The paths of a sandbox.

    `home` is the job's HOME, `temporary` the folder for temporary files of programs, `runner_temporary` RUNNER_TEMP, and `files` the
    folder of GITHUB_ENV, GITHUB_OUTPUT, GITHUB_PATH, GITHUB_STEP_SUMMARY and GITHUB_EVENT_PATH.
    """

    checkout: Path
    home: Path
    temporary: Path
    runner_temporary: Path
    files: Path


def sandbox_paths(home: Path, temporary: Path, name: str) -> SandboxPaths:
    """Return the paths of a runner, whose checkout of the repository `name` is in HOME."""
    runner_temporary = home / "work/_temp"
    return SandboxPaths(
        checkout=home / "work" / name / name,
        home=home,
        temporary=temporary,
        runner_temporary=runner_temporary,
        files=runner_temporary / "_runner_file_commands",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """One sandbox: `folder` contains it, and `commit` is checked out.

    `outside` are its paths for Evenfall, and `inside` those of the same folders for the job, which all its variables must have.
    """

    folder: Path
    commit: str
    outside: SandboxPaths
    inside: SandboxPaths

    @property
    def checkout(self) -> Path:
        """The checkout, for Evenfall."""
        return self.outside.checkout

    @property
    def files(self) -> Path:
        """The folder of the files of GitHub's variables, for Evenfall."""
        return self.outside.files


def make_sandbox(folder: Path, snapshot: Snapshot, *, history: bool = False) -> Sandbox:
    """Make a sandbox in `folder`, which must not exist. Without `history`, its repository has one commit and no tag.

    Raises `EvenfallError` (unknown) if the snapshot can't be checked out, because the disk is full for example.
    """
    paths = sandbox_paths(folder / "home", folder / "tmp", snapshot.repository.name)
    sandbox = Sandbox(folder=folder, commit=snapshot.checkout_commit(history=history), outside=paths, inside=paths)
    folder.mkdir(mode=0o700)
    for path in (paths.checkout.parent, paths.files, paths.temporary):
        path.mkdir(parents=True)
    for name in ("env", "output", "path", "state", "summary.md"):
        (paths.files / name).touch()
    (paths.files / "event.json").write_text(event_text(snapshot), encoding="utf-8")
    try:
        check_out(snapshot, paths.checkout, history=history, umask=UMASK)
    except EvenfallError as error:
        raise EvenfallError(
            f"{paths.checkout}: the snapshot can't be checked out: {error.message}",
            hint="free some space, or set TMPDIR to a folder on another disk",
            exit_code=Exit.UNKNOWN,
        ) from error
    return sandbox

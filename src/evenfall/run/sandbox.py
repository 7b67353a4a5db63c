"""A sandbox: a new folder with a checkout of the snapshot and the other folders and files that a runner gives a job."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from evenfall.errors import EvenfallError, Exit
from evenfall.git.checkout import CHECK_OUT, REFRESH, index_differences, make_repository, remove_other_files, run_git
from evenfall.git.options import NO_CONFIGURATION
from evenfall.git.snapshot import Snapshot
from evenfall.run import file_system
from evenfall.run.checkout_cache import order_times
from evenfall.run.event import event_text
from evenfall.run.isolation import Isolation
from evenfall.run.process import JobOutput, RunningJobs, supervise
from evenfall.run.programs import needed_paths
from evenfall.run.supervisor import UMASK

if TYPE_CHECKING:
    from evenfall.run.checkout_cache import KeptCheckouts
    from evenfall.run.namespace import Mount
    from evenfall.run.spare_checkouts import SpareCheckouts
    from evenfall.run.supervisor import Order

_VAR_TMP = Path("/var/tmp")  # noqa: S108 - the job's own
_SECONDS = 3600.0
"""How long a checkout may take."""


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

    `outside` are its paths for Evenfall, and `inside` those of the same folders for the job, which all its variables must have. With
    a `base`, the checkout shows the files of that sandbox, which the job can't change. Over them lie the files that the build of the
    project left in the sandbox `build`, and those of the folder `environment`, which is in the checkout without a base.
    """

    folder: Path
    commit: str
    outside: SandboxPaths
    inside: SandboxPaths
    base: Sandbox | None = None
    environment: Path | None = None
    build: Sandbox | None = None

    @property
    def checkout(self) -> Path:
        """The checkout, for Evenfall. It is empty if the sandbox has a base."""
        return self.outside.checkout

    @property
    def files(self) -> Path:
        """The folder of the files of GitHub's variables, for Evenfall."""
        return self.outside.files

    @property
    def upper(self) -> Path:
        """The folder with the job's changes to the files of the base."""
        return self.folder / "upper"

    @property
    def layers(self) -> tuple[Path, ...]:
        """The folders that contain the files of the checkout, for Evenfall; a file of one hides those of the later ones."""
        if not self.base:
            return (self.checkout,)
        return (self.upper, *([self.build.upper] if self.build else []), self.base.checkout)

    @property
    def has_file_system(self) -> bool:
        """Whether the job has a file system of its own."""
        return self.inside != self.outside

    def mounts(self, snapshot: Snapshot) -> Iterator[Mount]:
        """Yield the mounts of the sandbox's own folders and of the objects that its repository borrows."""
        if self.base:
            yield file_system.shown_as(self.inside.home, self.outside.home, is_writable=True)
            yield file_system.shown_as(self.inside.temporary, self.outside.temporary, is_writable=True)
            yield file_system.shown_as(_VAR_TMP, self.folder / "var-tmp", is_writable=True)
            upper, *shared = self.layers
            lower = (*([self.environment] if self.environment else []), *shared)
            yield file_system.overlay(self.inside.checkout, upper=upper, work=self.folder / "work", lower=lower)
        for number, objects in enumerate(snapshot.objects):
            yield file_system.shown_as(file_system.OBJECTS / str(number), objects)
        yield from file_system.readable(*snapshot.repository.alternates, *_git_paths())


def make_sandbox(
    folder: Path,
    snapshot: Snapshot,
    *,
    history: bool = False,
    isolation: Isolation = Isolation.LANDLOCK,
    base: Sandbox | None = None,
    checkouts: SpareCheckouts | None = None,
) -> Sandbox:
    """Make a sandbox in `folder`, which must not exist. Without `history`, its repository has one commit and no tag.

    Its checkout is one of the spare `checkouts`, if the sandbox has no file system of its own, or one that an earlier run kept.

    Raises `EvenfallError` (unknown) if the snapshot can't be checked out, because the disk is full for example.
    """
    inside = sandbox_paths(file_system.HOME, file_system.TEMPORARY, snapshot.repository.name)
    outside = sandbox_paths(folder / "home", folder / "tmp", snapshot.repository.name)
    if isolation is Isolation.NAMESPACES and not base:  # all folders are on one disk, as on a runner
        home, temporary = (folder / "root" / path.relative_to(os.sep) for path in (inside.home, inside.temporary))
        outside = sandbox_paths(home, temporary, snapshot.repository.name)
    sandbox = Sandbox(
        folder=folder,
        commit=snapshot.checkout_commit(history=history),
        outside=outside,
        inside=inside if isolation is Isolation.NAMESPACES else outside,
        base=base,
    )
    folder.mkdir(mode=0o700)
    _make_folders(sandbox)
    for name in ("env", "output", "path", "state", "summary.md"):
        (outside.files / name).touch()
    (outside.files / "event.json").write_text(event_text(snapshot), encoding="utf-8")
    if not base:
        try:
            _check_out(sandbox, snapshot, checkouts, history=history)
        except EvenfallError as error:
            raise EvenfallError(
                f"{outside.checkout}: the snapshot can't be checked out: {error.message}",
                hint="free some space, or set XDG_CACHE_HOME to a folder on another disk",
                exit_code=Exit.UNKNOWN,
            ) from error
    return sandbox


@cache
def _git_paths() -> tuple[Path, ...]:
    """Return the paths that git needs outside the system's folders."""
    git = shutil.which("git")
    return tuple(needed_paths(Path(git), Path.home())) if git else ()


def _make_folders(sandbox: Sandbox) -> None:
    """Make the folders with the modes of a runner, whatever the user's umask is."""
    home, root = sandbox.outside.home, sandbox.folder / "root"
    own = [home, home / ".config", home / "work", sandbox.checkout.parent]
    own += [sandbox.outside.runner_temporary, sandbox.files]
    shared = [sandbox.outside.temporary]
    if sandbox.base:
        own += [root, sandbox.checkout, sandbox.upper, sandbox.folder / "work"]
        shared.append(sandbox.folder / "var-tmp")
    elif sandbox.has_file_system:
        own = [root, root / "home", root / "var", *own]
        shared.append(root / _VAR_TMP.relative_to(os.sep))
    for path in (*own, *shared):
        path.mkdir()
        path.chmod(0o1777 if path in shared else 0o755)


def _check_out(sandbox: Sandbox, snapshot: Snapshot, checkouts: SpareCheckouts | None, *, history: bool) -> None:
    """Give a sandbox a spare checkout; else check the snapshot out over the files that an earlier run kept, or in an empty folder."""
    if checkouts and not sandbox.has_file_system and checkouts.take(sandbox):
        return
    index = sandbox.folder / "kept/index"
    kept = checkouts.kept if checkouts else None
    has_kept_files = kept is not None and _take_kept(sandbox, snapshot, index, kept)
    objects = list(snapshot.objects)
    if sandbox.has_file_system:
        objects = [file_system.OBJECTS / str(number) for number, _ in enumerate(objects)]
    make_repository(snapshot, sandbox.checkout, objects=objects, history=history, umask=UMASK)
    if has_kept_files:
        index.rename(sandbox.checkout / ".git/index")
    _git(sandbox, snapshot, CHECK_OUT)
    if has_kept_files:
        remove_other_files(sandbox.checkout)
        if order_times(sandbox.checkout):
            _git(sandbox, snapshot, REFRESH)
    if checkouts and not sandbox.has_file_system:
        checkouts.record(sandbox)


def _take_kept(sandbox: Sandbox, snapshot: Snapshot, index: Path, kept: KeptCheckouts) -> bool:
    """Give a sandbox the files of a kept checkout, whose index is `index` then; return False if there is none that can be used.

    With other attributes, git would write other files for the same objects (gitattributes(5)).
    """
    if not kept.take(index.parent):
        return False
    git_dir = sandbox.folder / "compare"
    differing = index_differences(snapshot, index, commit=sandbox.commit, git_dir=git_dir)
    if differing is None or any(PurePath(path).name == ".gitattributes" for path in differing):
        index.parent.rename(sandbox.folder / "not-kept")
        return False
    (index.parent / "files").rename(sandbox.checkout)
    return True


def _git(sandbox: Sandbox, snapshot: Snapshot, arguments: Sequence[str]) -> None:
    """Run git in a checkout. With namespaces, it runs as the job's user, because the index records the owner of each file."""
    if not sandbox.has_file_system:
        run_git(sandbox.checkout, arguments, umask=UMASK)
        return
    log = sandbox.folder / "checkout.log"
    order: Order = {
        "command": ("git", *arguments),
        "folder": os.fspath(sandbox.inside.checkout),
        "environ": {**NO_CONFIGURATION, "PATH": os.environ.get("PATH", os.defpath)},
        "file_system": file_system.file_system(sandbox.folder / "root", sandbox.mounts(snapshot)),
        "report": os.fspath(sandbox.folder / "report.json"),
    }
    ended = supervise(order, JobOutput(log, lambda _: None), RunningJobs(), seconds=_SECONDS)
    if ended.code:
        problem = ended.report.get("isolation_problem")
        raise EvenfallError(problem or log.read_text(encoding="utf-8", errors="replace").strip())

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
from evenfall.project.git import git
from evenfall.run.snapshot import Snapshot

UMASK = 0o022
_REF = "refs/remotes/pull/1/merge"

# Checked out with nobody's configuration: no line ends of this user's or this machine's, no filters, no hooks.
_NO_CONFIGURATION = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.attributesFile",
    "GIT_CONFIG_VALUE_0": os.devnull,
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_DEFAULT_REF_FORMAT": "files",  # references are written here as files, which spares processes
    "GIT_TERMINAL_PROMPT": "0",
}


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
        commit=snapshot.head if history else snapshot.commit,
    )
    for path in (folder, sandbox.checkout.parent, sandbox.home, sandbox.temporary, sandbox.files):
        path.mkdir(mode=0o700 if path == folder else 0o755)
    for name in ("env", "output", "path", "summary.md"):
        (sandbox.files / name).touch()
    (sandbox.files / "event.json").write_text(json.dumps({"action": "synchronize", "number": 1}), encoding="utf-8")
    try:
        _check_out(sandbox, snapshot, history=history)
    except EvenfallError as error:
        raise EvenfallError(
            f"{sandbox.checkout}: the snapshot can't be checked out: {error.message}",
            hint="free some space, or set TMPDIR to a folder on another disk",
            exit_code=Exit.UNKNOWN,
        ) from error
    return sandbox


def _check_out(sandbox: Sandbox, snapshot: Snapshot, *, history: bool) -> None:
    repository = snapshot.repository
    form = f"--object-format={repository.object_format}"
    where = (os.fspath(sandbox.checkout),)
    git(sandbox.folder, "init", "--quiet", "--template=", form, "--", *where, env=_NO_CONFIGURATION, umask=UMASK)
    inside = sandbox.checkout / ".git"
    (inside / "objects/info").mkdir(exist_ok=True)
    (inside / "objects/info/alternates").write_bytes(os.fsencode(snapshot.alternates))
    (inside / "shallow").write_text(f"{sandbox.commit}\n", encoding="ascii")
    if history:
        _take_history(inside, repository.common_dir)
    if repository.origin:
        with (inside / "config").open("ab") as file:
            file.write(os.fsencode(f'[remote "origin"]\n\turl = {_configured(repository.origin)}\n'))
    (inside / _REF).parent.mkdir(parents=True)
    (inside / _REF).write_text(f"{sandbox.commit}\n", encoding="ascii")
    # In one process: with checkout.workers, git 2.39 answers 0 although it could not write a file.
    options = ("-c", "advice.detachedHead=false", "-c", "checkout.workers=1")
    git(sandbox.checkout, *options, "checkout", "--quiet", "--detach", _REF, env=_NO_CONFIGURATION, umask=UMASK)


def _configured(value: str) -> str:
    """A value as git reads it in a file: https://git-scm.com/docs/git-config#_syntax"""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _take_history(inside: Path, common_dir: Path) -> None:
    """The user's tags and what is known of origin's branches, and where their history ends."""
    shallow = common_dir / "shallow"
    if shallow.is_file():
        shutil.copyfile(shallow, inside / "shallow")
    else:
        (inside / "shallow").unlink()
    listed = git(common_dir, "for-each-ref", "--format=%(objectname) %(refname)", "refs/tags", "refs/remotes/origin")
    references = [line for line in listed.split("\n") if line and not line.endswith(" refs/remotes/origin/HEAD")]
    (inside / "packed-refs").write_bytes(os.fsencode("".join(f"{line}\n" for line in references)))


def users_umask() -> int:
    """This process's, asked of another: to ask is to set it, and for all threads."""
    return int(subprocess.run(["sh", "-c", "umask"], capture_output=True, text=True, check=True).stdout, 8)


def changed_files(sandbox: Sandbox, snapshot: Snapshot) -> tuple[str, ...]:
    """The tracked files that a job has changed; none where it has broken the repository of its sandbox, or removed it.

    Asked through a git folder of our own: the sandbox's may name programs by now (`core.fsmonitor`, filters), which git would run.
    """
    index = sandbox.checkout / ".git/index"
    if not index.is_file():
        return ()
    ours = sandbox.folder / "judge"
    for folder in (ours, ours / "refs", ours / "objects", ours / "objects/info"):
        folder.mkdir(exist_ok=True)
    (ours / "objects/info/alternates").write_bytes(os.fsencode(snapshot.alternates))
    (ours / "HEAD").write_text(f"{sandbox.commit}\n", encoding="ascii")
    (ours / "config").write_text(_FORMATS[snapshot.repository.object_format], encoding="ascii")
    where = {"GIT_DIR": ours, "GIT_WORK_TREE": sandbox.checkout, "GIT_INDEX_FILE": index}
    options = ("--porcelain", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=all")
    env = {**_NO_CONFIGURATION, **{name: os.fspath(path) for name, path in where.items()}}
    try:
        said = git(sandbox.folder, "--no-optional-locks", "status", *options, env=env)
    except EvenfallError:
        return ()
    return tuple(entry[3:] for entry in said.split("\0") if entry)


# https://git-scm.com/docs/repository-version
_FORMATS = {
    "sha1": "[core]\n\trepositoryformatversion = 0\n",
    "sha256": "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n",
}


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

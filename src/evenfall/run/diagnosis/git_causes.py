"""What git does not keep, or not for everybody: causes that lie between a work tree and a checkout."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
from collections.abc import Iterator

from evenfall.git import tracked
from evenfall.run.diagnosis.evidence import Evidence
from evenfall.run.sandbox import UMASK, users_umask


def empty_folders(evidence: Evidence) -> Iterator[str]:
    """Folders of the work tree that hold no file."""
    for path in evidence.local:
        for folder in (path.rstrip("/"), os.path.dirname(path)):
            here = evidence.repository.top / folder
            if not folder or here.is_symlink() or not here.is_dir() or any(here.iterdir()):
                continue
            if not (evidence.checkout / folder).is_dir():
                yield f"{folder}/ lies here, but it is empty: git tracks files only (make it where it is used)"


def submodules(evidence: Evidence) -> Iterator[str]:
    """Repositories in the repository: what is committed of them is a name."""
    for path in tracked.submodules(evidence.repository.top):
        folders = [evidence.repository.top / path / base for base in (".", "src")]
        modules = [folder / f"{name}{end}" for name in evidence.modules for folder in folders for end in ("", ".py")]
        if any(each.exists() for each in modules) or any(f"{each}/".startswith(f"{path}/") for each in evidence.local):
            yield f"{path} is a repository of its own, and a runner's checkout leaves it empty"


def filters(evidence: Evidence) -> Iterator[str]:
    """Files that git changes on their way into the work tree: Git LFS, git-crypt."""
    paths = [path for path in evidence.local if (evidence.checkout / path).is_file()]
    for path, name in tracked.filters(evidence.repository.top, paths).items():
        yield f"{path} goes through git's filter {name} here, and a runner's checkout has what is committed"


def links(evidence: Evidence) -> Iterator[str]:
    """Symbolic links that lead elsewhere."""
    top = evidence.repository.top
    for path in evidence.local:
        if (top / path).is_symlink():
            target = (top / path).resolve()
            if not target.is_relative_to(top.resolve()):
                yield f"{path} is a link to {target}, outside the checkout: a runner has it not"


def executables(evidence: Evidence) -> Iterator[str]:
    """Files that may be executed here, or could be in the session that left them."""
    for name in dict.fromkeys(re.findall(r"(?<![\w./+-])([\w./+-]+): [Pp]ermission denied", evidence.text)):
        path = name.removeprefix("./")
        here = evidence.repository.top / path
        if any(fnmatch.fnmatchcase(path, f"{artifact}*") for artifact in evidence.taken):
            yield f"{path} comes from an artifact, and what is in one is executable no longer (chmod +x {shlex.quote(path)})"
        elif here.is_file() and os.access(here, os.X_OK):
            yield f"{path} may be executed here, but is not committed so: git update-index --chmod=+x {shlex.quote(path)}"


def times_and_modes(evidence: Evidence) -> Iterator[str]:
    """Of a file git keeps its contents, its name, and whether it may be executed."""
    if "mtime" in evidence.text:
        yield "git keeps no times: every file of a runner's checkout is new"
    if "st_mode" in evidence.text:
        yield (
            "git keeps no more of a mode than the executable bit; all else comes from the "
            f"umask {UMASK:03o} (yours: {users_umask():03o})"
        )


def settings(evidence: Evidence) -> Iterator[str]:
    """The user's own configuration of git."""
    if re.search(r"tell me who you are|auto-detect email|empty ident name", evidence.text):
        yield "user.name and user.email are in your git configuration; a runner has none (set them in the test)"
    named = re.findall(
        r"(?:bad revision|pathspec|refspec|ambiguous argument|invalid reference:) '?([\w./-]+)", evidence.text
    )
    name = evidence.repository.setting("init.defaultBranch")
    if name in named:
        yield f"init.defaultBranch is {name} in your git configuration, and not in a runner's: git init --initial-branch={name}"


def history(evidence: Evidence) -> Iterator[str]:
    """Commits, tags and branches."""
    if re.search(r"not a symbolic ref|not currently on a branch", evidence.text):
        yield "a runner that checks a pull request is on no branch"
    if re.search(
        r"No names found|No tags can describe|unable to detect version|ambiguous argument 'HEAD[~^]|unknown revision|bad revision",
        evidence.text,
    ):
        yield "a runner's checkout has one commit and no tags; evenfall.session(history=True) gives all of them"


KINDS = (empty_folders, submodules, filters, links, executables, times_and_modes, settings, history)

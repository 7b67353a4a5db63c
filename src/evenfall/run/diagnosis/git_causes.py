"""Causes that git does not transport from a work tree to a checkout."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
from collections.abc import Iterator

from evenfall.git import tracked
from evenfall.run.diagnosis.evidence import Evidence


def empty_folders(evidence: Evidence) -> Iterator[str]:
    """Yield empty folders of the work tree."""
    for path in evidence.quoted_paths:
        for folder in (path.rstrip("/"), os.path.dirname(path)):
            local = evidence.repository.top / folder
            if not folder or local.is_symlink() or not local.is_dir() or any(local.iterdir()):
                continue
            if not evidence.in_checkout(folder):
                yield f"{folder}/ exists locally but is empty, so CI does not have it (create it where it is used)"


def submodules(evidence: Evidence) -> Iterator[str]:
    """Yield submodules, of which only the name of a commit is committed."""
    for path in tracked.submodules(evidence.repository.top):
        folders = [evidence.repository.top / path / base for base in (".", "src")]
        modules = [
            folder / f"{name}{end}" for name in evidence.missing_packages for folder in folders for end in ("", ".py")
        ]
        if any(each.exists() for each in modules) or any(
            f"{each}/".startswith(f"{path}/") for each in evidence.quoted_paths
        ):
            yield f"{path} is a submodule, which is empty in a runner's checkout"


def filters(evidence: Evidence) -> Iterator[str]:
    """Yield files that a filter changes in the work tree, such as Git LFS or git-crypt."""
    paths = [path for path in evidence.quoted_paths if evidence.in_checkout(path)]
    for path, name in tracked.filters(evidence.repository.top, paths).items():
        yield f"git's filter {name} changes {path} locally; a runner's checkout has the committed content"


def links(evidence: Evidence) -> Iterator[str]:
    """Yield symbolic links to paths outside the repository."""
    top = evidence.repository.top
    for path in evidence.quoted_paths:
        if (top / path).is_symlink():
            target = (top / path).resolve()
            if not target.is_relative_to(top.resolve()):
                yield f"{path} is a link to {target} outside the checkout, so CI does not have it"


def executables(evidence: Evidence) -> Iterator[str]:
    """Yield files that are executable in the work tree, or were in the session that made them."""
    for name in dict.fromkeys(re.findall(r"(?<![\w./+-])([\w./+-]+): [Pp]ermission denied", evidence.text)):
        path = name.removeprefix("./")
        local = evidence.repository.top / path
        if any(fnmatch.fnmatchcase(path, f"{artifact}*") for artifact in evidence.restored_artifacts):
            yield f"{path} comes from an artifact, which does not keep the executable bit (chmod +x {shlex.quote(path)})"
        elif local.is_file() and os.access(local, os.X_OK):
            yield f"{path} is executable locally but not in the commit: git update-index --chmod=+x {shlex.quote(path)}"


def settings(evidence: Evidence) -> Iterator[str]:
    """Yield settings of the user's own git configuration."""
    named = re.findall(
        r"(?:bad revision|pathspec|refspec|ambiguous argument|invalid reference:) '?([\w./-]+)", evidence.text
    )
    name = evidence.repository.setting("init.defaultBranch")
    if name in named:
        yield f"init.defaultBranch is {name} in your git configuration but not in CI: git init --initial-branch={name}"


def remotes(evidence: Evidence) -> Iterator[str]:
    """Yield remotes that the output names, that the user's repository has, and that a runner's checkout lacks."""
    named = re.findall(r"No such remote '?([\w.-]+)|'([\w.-]+)' does not appear to be a git repository", evidence.text)
    own = {
        key.removeprefix("remote.").removesuffix(".url")
        for key, _ in evidence.repository.settings(r"^remote\..*\.url$")
    }
    for name in sorted({first or second for first, second in named} & (own - {"origin"})):
        yield f"your repository has the remote {name}; a runner's checkout has only origin"


def history(evidence: Evidence) -> Iterator[str]:
    """Yield commits, tags and branches that a runner's checkout does not have."""
    if re.search(r"not a symbolic ref|not currently on a branch", evidence.text):
        yield "a runner's checkout of a pull request is on no branch"
    if re.search(
        r"No names found|No tags can describe|unable to detect version|ambiguous argument 'HEAD[~^]|unknown revision|bad revision",
        evidence.text,
    ):
        yield "a runner's checkout has one commit and no tags; evenfall.session(history=True) gives all of them"


KINDS = (empty_folders, submodules, filters, links, executables, settings, remotes, history)

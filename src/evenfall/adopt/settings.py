"""`[tool.evenfall]`: the settings that adoption writes."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import Detection
from evenfall.git.repository import symbolic_reference


def write_settings(adoption: Adoption, detection: Detection) -> None:
    """Write the keys of `[tool.evenfall]` for what differs from the defaults. Keys that the project has stay."""
    settings = detection.settings(adoption.project)
    if (branch := default_branch(adoption.root)) != "main":
        settings = {"default-branch": branch, **settings}
    adoption.set_settings(settings)


def default_branch(root: Path) -> str:
    """Return the default branch of the remote, or the current branch if it is `main` or `master`, or else `main`."""
    for reference in ("refs/remotes/origin/HEAD", "HEAD"):
        name = symbolic_reference(root, reference).removeprefix("origin/")
        if name in {"main", "master"} or (name and reference != "HEAD"):
            return name
    return "main"

"""`[tool.evenfall]`: the settings that adoption writes."""

from __future__ import annotations

import re
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import Detection
from evenfall.adopt.workflow_facts import checking_jobs
from evenfall.git.repository import symbolic_reference
from evenfall.pipeline.matrix import systems_of_tests
from evenfall.project.settings import LABEL


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


def record_systems(adoption: Adoption) -> None:
    """Write the runners of the project's own test jobs to `[tool.evenfall] systems`, and note those that the setting can't name."""
    if "systems" in adoption.project.pyproject.tool_keys("evenfall"):
        return
    labels = tuple(
        dict.fromkeys(label for _, job in checking_jobs(adoption.root) if job.runs_tests for label in job.systems)
    )
    systems = tuple(label for label in labels if re.fullmatch(LABEL, label))
    for label in labels:
        if label not in systems:
            adoption.notes.append(
                f"your tests run on {label}, which is not a single label of a runner, so the session tests does not run there"
            )
    default = systems_of_tests(adoption.project)
    if systems and systems != default:
        adoption.set_settings({"systems": list(systems)})
    else:
        adoption.notes.append(
            f"the tests run on {', '.join(default)} only; for others: "
            '[tool.evenfall] systems = ["ubuntu-latest", "macos-latest", "windows-latest"]'
        )

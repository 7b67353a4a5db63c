"""The project's own workflows, which Evenfall did not generate, and the generated ones that are renamed because of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from evenfall.pipeline.gates import AUTO_MERGE, WORKFLOWS, file_name, gate_name, title
from evenfall.pipeline.marker import is_generated, read_text
from evenfall.pipeline.model import Pipeline

_NAME = re.compile(r"""^["']?name["']?[ \t]*:[ \t]*(["']?)(.+?)\1[ \t]*(?:[ \t]#.*)?$""", re.MULTILINE)
"""The name of a workflow in its text. To parse every workflow would take longer than to generate all files."""

NOX_ACTIONS = (".github/actions/nox", ".github/actions/evenfall-nox")
"""The folder of the action that installs Nox, and the one that it has beside a hand-written action of its name."""
ACTION_NAMES = ("action.yml", "action.yaml")
"""The names that the file of an action can have."""


def own_workflows(root: Path) -> Iterator[str]:
    """Yield the paths of the workflows that Evenfall did not generate. An empty file is none."""
    for file in sorted((root / WORKFLOWS).glob("*.y*ml")):
        if is_own(file):
            yield f"{WORKFLOWS}/{file.name}"


def with_names(pipeline: Pipeline, root: Path) -> Pipeline:
    """Return the pipeline of a repository, in which workflows and the action are renamed that have the name of a hand-written one.

    `auto-merge` is never renamed: it is not generated if another workflow has its name.
    """
    names = (workflow for workflow in pipeline.workflows if workflow != AUTO_MERGE)
    renamed = tuple(workflow for workflow in names if next(same_name(workflow, root), ""))
    usual, other = NOX_ACTIONS
    has_own_action = any(is_own(root / usual / name) for name in ACTION_NAMES)
    return msgspec.structs.replace(pipeline, renamed=renamed, nox_action=other if has_own_action else usual)


def is_own(path: Path) -> bool:
    """Return whether a file has content that Evenfall did not generate."""
    text = read_text(path)
    return bool(text) and not is_generated(text)


def file_name_in(root: Path, workflow: str) -> str:
    """Return the name that the file of a generated workflow has in a repository: `ci.yml`, or `evenfall-ci.yml`."""
    renamed = (workflow,) if next(same_name(workflow, root), "") else ()
    return file_name(workflow, Pipeline(sessions=(), renamed=renamed))


def same_name(workflow: str, root: Path) -> Iterator[str]:
    """Yield the paths of the hand-written workflows with the file, the name or the gate that a generated one would have.

    Two workflows of one name cancel each other's runs if their concurrency groups contain it. Two checks of one name can't be told
    apart by the rules of a branch. GitHub and some file systems ignore the case of names.
    """
    plain = Pipeline(sessions=())
    name, gate = title(workflow, plain).lower(), gate_name(workflow, plain).lower()
    for path in own_workflows(root):
        text = read_text(root / path).lower()
        found = _NAME.search(text)
        if Path(path).stem.lower() == workflow.lower() or (found and found[2] == name) or gate in text:
            yield path

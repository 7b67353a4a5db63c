"""Text from a pipeline: the files that Evenfall writes and can prove to be current."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from evenfall.derive.nox_action import ACTION, nox_action
from evenfall.derive.pins import Pin, read_pins
from evenfall.derive.workflow import workflow_text
from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.project import Project, lockfile

WORKFLOWS = ".github/workflows"
PREPARE = ".github/actions/prepare"
SCRIPT_LOCK = f"{NOXFILE}.lock"


def derived_files(project: Project, pipeline: Pipeline) -> dict[str, str]:
    """The text of every derived file, by its path relative to the repository's root, with forward slashes.

    Action pins come from the committed files, so that Dependabot's pull requests stay in step. Raises `EvenfallError`
    (usage) where the pipeline can't be a workflow, or the noxfile has no lock.
    """
    paths = [f"{WORKFLOWS}/{workflow}.yml" for workflow in pipeline.workflows]
    pins = committed_pins(project.root, (ACTION, *paths))
    prepare = any((project.root / PREPARE / name).is_file() for name in ("action.yml", "action.yaml"))
    files = {ACTION: nox_action(uv=locked_uv(project.root), prepare=prepare, pins=pins)}
    for workflow, path in zip(pipeline.workflows, paths, strict=True):
        files[path] = workflow_text(pipeline, workflow, project.pyproject.settings, pins)
    return files


def committed_pins(root: Path, paths: tuple[str, ...]) -> dict[str, Pin]:
    """The pins of those derived files that are there already."""
    return read_pins(
        *((root / path).read_text(encoding="utf-8", errors="replace") for path in paths if (root / path).is_file())
    )


def locked_uv(root: Path) -> str:
    """The version of uv that is locked with the noxfile. Raises `EvenfallError` (usage) where there is none."""
    path = root / SCRIPT_LOCK
    if not path.is_file():
        raise EvenfallError(f"{SCRIPT_LOCK}: not found in {root}", hint=f"uv lock --script {NOXFILE}")
    uv = lockfile.read_lockfile(path).find("uv")
    if uv is None or uv.version is None:
        raise EvenfallError(f"{SCRIPT_LOCK}: it does not lock uv", hint=f"uv add --script {NOXFILE} evenfall")
    return uv.version


def drift(root: Path, files: Mapping[str, str]) -> str:
    """A unified diff from what is there to what should be; empty where all is current."""
    return "".join(diff(path, current(root / path), text) for path, text in files.items())


def current(path: Path) -> str:
    """A file's text, with universal newlines; empty where it is not there."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def diff(path: str, old: str, new: str) -> str:
    """A unified diff of one file, empty where nothing changes."""
    before = f"a/{path}" if old else "/dev/null"
    return "".join(
        difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), before, f"b/{path}")
    )


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files below `root`, each whole or not at all. Raises `EvenfallError` (usage) for a path that a link leads out of it."""
    for path in files:
        if not (root / path).resolve().is_relative_to(root.resolve()):
            raise EvenfallError(f"{path}: a symbolic link leads out of the repository", hint=f"remove the link {path}")
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(target)

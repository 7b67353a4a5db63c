"""Text from a pipeline: the files that Evenfall writes and can prove to be current."""

from __future__ import annotations

import difflib
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from evenfall.atomic_write import write_atomically
from evenfall.errors import EvenfallError
from evenfall.generate.nox_action import ACTION, nox_action
from evenfall.generate.pins import Pin, read_pins
from evenfall.generate.workflow import check_distinct, workflow_text
from evenfall.generate.yaml import BANNER
from evenfall.git.repository import find_top
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.project import lockfile
from evenfall.project.interpreters import behind_pyenv
from evenfall.project.project import Project
from evenfall.project.pyproject import relock
from evenfall.project.uv import uv

WORKFLOWS = ".github/workflows"
PREPARE = ".github/actions/prepare"
SCRIPT_LOCK = f"{NOXFILE}.lock"


def check_ready(root: Path) -> None:
    """What must be so before anything is generated. Raises `EvenfallError` (usage) as `check_top` does, or where there is no lock."""
    check_top(root)
    if not (root / lockfile.NAME).is_file():
        raise EvenfallError(f"{lockfile.NAME}: not found in {root}", hint=relock(root / lockfile.NAME))


def check_top(root: Path) -> None:
    """Raises `EvenfallError` (usage) unless `root` is the top of a git repository: GitHub reads no workflow that lies deeper."""
    top = find_top(root)
    if not top.samefile(root):
        raise EvenfallError(
            f"{root}: it lies inside the git repository {top}, and GitHub reads workflows at a repository's top only",
            hint="cd to the repository's top, or git init for a repository of its own",
        )


def check_locks(project: Project) -> None:
    """Raises `EvenfallError`: the project's lock or the noxfile's is stale (usage), or uv can't tell (unknown)."""
    ours = (
        f"3.{sys.version_info.minor}" in project.pythons
    )  # uv need not search then, and may not find one behind pyenv
    python = sys.executable if ours else behind_pyenv(project.primary_python, os.environ)
    uv(project.root, "lock", "--check", *(("--python", os.fspath(python)) if python else ()))
    uv(project.root, "lock", "--check", "--script", NOXFILE)


def generated_files(project: Project, pipeline: Pipeline) -> dict[str, str | None]:
    """The text of every generated file, by its path relative to the repository's root, with forward slashes.

    `None` stands for a file that must go: the workflow that was generated from a pipeline that is no more. Action pins
    come from the committed files, so that Dependabot's pull requests stay in step. Raises `EvenfallError` (usage) where the
    pipeline can't be a workflow, or the noxfile has no lock.
    """
    check_distinct(pipeline.workflows, "workflows")
    paths = {f"{WORKFLOWS}/{workflow}.yml": workflow for workflow in pipeline.workflows}
    pins = committed_pins(project.root, (ACTION, *paths))
    prepare = any((project.root / PREPARE / name).is_file() for name in ("action.yml", "action.yaml"))
    files: dict[str, str | None] = {ACTION: nox_action(uv=locked_uv(project.root), prepare=prepare, pins=pins)}
    for path, workflow in paths.items():
        files[path] = workflow_text(pipeline, workflow, project.pyproject.settings, pins)
    return files | {path: None for path in _generated_before(project.root) if path not in paths}


def _generated_before(root: Path) -> Iterator[str]:
    """The workflows that Evenfall wrote, as their first line says."""
    for file in sorted((root / WORKFLOWS).glob("*.yml")):
        if current(file).startswith(BANNER):
            yield f"{WORKFLOWS}/{file.name}"


def committed_pins(root: Path, paths: tuple[str, ...]) -> dict[str, Pin]:
    """The pins of those generated files that are there already."""
    return read_pins(*(current(root / path) for path in paths))


def locked_uv(root: Path) -> str:
    """The version of uv that is locked with the noxfile. Raises `EvenfallError` (usage) where there is none.

    Found by the two lines that uv itself writes: reading the whole lock as TOML would take longer than all else here.
    """
    path = root / SCRIPT_LOCK
    if not path.is_file():
        raise EvenfallError(f"{SCRIPT_LOCK}: not found in {root}", hint=f"uv lock --script {NOXFILE}")
    locked = re.search(r'^name = "uv"\nversion = "([0-9a-z.+]+)"$', current(path), re.MULTILINE)
    if locked is None:
        raise EvenfallError(f"{SCRIPT_LOCK}: it does not lock uv", hint=f"uv add --script {NOXFILE} evenfall")
    return locked[1]


def drift(root: Path, files: Mapping[str, str | None]) -> str:
    """A unified diff from what is there to what should be; empty where all is current."""
    return "".join(diff(path, current(root / path), text or "") for path, text in files.items())


def current(path: Path) -> str:
    """A file's text, with universal newlines; empty where it is not there."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def diff(path: str, old: str, new: str) -> str:
    """A unified diff of one file, as `git apply` takes it; empty where nothing changes, and no text stands for no file."""
    before, after = (f"a/{path}" if old else "/dev/null"), (f"b/{path}" if new else "/dev/null")
    lines = difflib.unified_diff([*io.StringIO(old)], [*io.StringIO(new)], before, after)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def check_ours(root: Path, files: Mapping[str, str | None]) -> None:
    """Raises `EvenfallError` (usage) where a file that is to be written holds text that was not generated: it may be the only copy."""
    for path in files:
        if (text := current(root / path)) and not text.startswith(BANNER):
            raise EvenfallError(
                f"{path}: it is not generated, so it is not overwritten",
                hint=f"evenfall init shows the difference and asks; or delete {path}",
            )


def write(root: Path, files: Mapping[str, str | None]) -> None:
    """Write files below `root`, each whole or not at all; remove those that must go (`None`).

    Raises `EvenfallError` (usage) for a path that a link leads out of `root`, before anything is written, and for one that
    can't be written.
    """
    for path in files:
        if not (root / path).resolve().is_relative_to(root.resolve()):
            raise EvenfallError(f"{path}: a symbolic link leads out of the repository", hint=f"remove the link {path}")
    for path, text in files.items():
        try:
            if text is None:
                (root / path).unlink()
            else:
                write_atomically(root / path, text)
        except OSError as error:
            raise EvenfallError(f"{path}: can't be written: {error.strerror}", hint=f"look at {path}") from error

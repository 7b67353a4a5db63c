"""The generated files: which ones a pipeline has, what they contain, whether they are current, and how they are written."""

from __future__ import annotations

import difflib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from evenfall.atomic_write import replace_files
from evenfall.errors import DISK_FULL, EvenfallError, Exit
from evenfall.generate.auto_merge import auto_merge_text
from evenfall.generate.codeowners import CODEOWNERS, codeowners_text
from evenfall.generate.dependabot import DEPENDABOT, dependabot_text
from evenfall.generate.guide.by_hand import read_by_hand
from evenfall.generate.guide.deployment import DEPLOYMENT, deployment_text
from evenfall.generate.guide.source import GuideSource
from evenfall.generate.hand_written import hand_written
from evenfall.generate.nox_action import nox_action
from evenfall.generate.pins import read_pins
from evenfall.generate.releasing import RELEASING, has_release_sessions, releasing_text
from evenfall.generate.workflow import check_unique, workflow_text
from evenfall.git.repository import find_top
from evenfall.git.tracked import tracked_files
from evenfall.github.wanted import wanted_settings
from evenfall.pipeline.gates import AUTO_MERGE, WORKFLOWS, file_name
from evenfall.pipeline.marker import is_generated, read_text
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.own_workflows import ACTION_NAMES, NOX_ACTIONS
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project import lockfile, pyproject
from evenfall.project.interpreters import find_for_lock
from evenfall.project.project import Project
from evenfall.project.uv import uv

PREPARE = ".github/actions/prepare"


def check_ready(root: Path) -> None:
    """Raise `EvenfallError` (usage) as `check_top` does, or if there is no `uv.lock`, because the generated files depend on both."""
    check_top(root)
    lockfile.read_lockfile(root / lockfile.NAME)


def check_top(root: Path) -> None:
    """Raise `EvenfallError` (usage) unless `root` is the top of a git repository, where GitHub looks for workflows."""
    top = find_top(root)
    if not top.samefile(root):
        alone = "" if (top / pyproject.NAME).is_file() else ", or run git init to make this folder a repository"
        raise EvenfallError(
            f"{root}: not the top of its git repository, {top}, and GitHub reads workflows only at the top",
            hint=f"cd {shlex.quote(os.fspath(top))}{alone}",
        )


def check_locks(project: Project, python: str = "") -> None:
    """Check the locks of the project, with an interpreter or environment that it supports, and of the noxfile; by default, find one.

    Raises `EvenfallError` if a lock is stale (usage), or if uv can't check it (unknown).
    """
    python = python or find_for_lock(project.pythons, project.allowed_pythons)
    uv(project.root, "lock", "--check", *(("--python", python) if python else ()))
    uv(project.root, "lock", "--check", "--script", NOXFILE, "--python", sys.executable)


def generated_files(project: Project, pipeline: Pipeline) -> dict[str, str | None]:
    """Return the text of every generated file by its path, which is relative to the repository and has forward slashes.

    The text is `None` for a file to remove: a generated file that the pipeline no longer has. Action pins come from the committed
    files, so that a pull request of Dependabot stays in step. Files that give way to a hand-written one are left out. Raises
    `EvenfallError` (usage) if the pipeline has no workflow or can't be expressed as workflows, or if the noxfile has no lock.
    """
    if not pipeline.workflows:
        raise EvenfallError(
            f"{NOXFILE}: it declares no session for CI, so there is no workflow to generate",
            hint="declare one with evenfall.standard_sessions() or evenfall.session",
        )
    check_unique(pipeline.workflows, "workflows")
    paths = {f"{WORKFLOWS}/{file_name(workflow, pipeline)}": workflow for workflow in pipeline.workflows}
    action = f"{pipeline.nox_action}/action.yml"
    existing = tuple(existing_files(project.root))
    pins = read_pins(*(read_text(project.root / path) for path in existing))
    prepare = any((project.root / PREPARE / name).is_file() for name in ACTION_NAMES)
    files: dict[str, str | None] = {action: nox_action(uv=locked_uv(project.root), prepare=prepare, pins=pins)}
    for path, workflow in paths.items():
        files[path] = (
            auto_merge_text(pipeline, project.pyproject.settings, pins)
            if workflow == AUTO_MERGE
            else workflow_text(pipeline, workflow, project.pyproject.settings, pins)
        )
    has_release = has_release_sessions(pipeline)
    own = hand_written(project, release=has_release)
    if has_release:
        files[RELEASING] = releasing_text(project, pipeline)
    files |= _files_for_github(project, pipeline, files, own)
    files = {path: text for path, text in files.items() if path not in own}
    return files | {path: None for path in existing if path not in files}


def _files_for_github(
    project: Project, pipeline: Pipeline, others: Iterable[str], own: Mapping[str, str]
) -> dict[str, str | None]:
    """Return the files of a project with `[tool.evenfall.github]`.

    `others` are the paths of the other generated files, and `own` those of hand-written files, to which some give way. Raises
    `EvenfallError` (usage) if the section of the guide that is written by hand could be lost.
    """
    root, settings = project.root, project.pyproject.settings
    by_hand = read_by_hand(root / DEPLOYMENT, DEPLOYMENT) if is_generated(read_text(root / DEPLOYMENT)) else ""
    if settings.github is None:
        if by_hand.strip():
            raise EvenfallError(
                f"{DEPLOYMENT}: it has a section written by hand, and without [tool.evenfall.github] the file is removed",
                hint=f"delete {DEPLOYMENT}, or remove its first line to keep it as your own",
            )
        return {}
    files: dict[str, str | None] = {DEPENDABOT: dependabot_text(root, project.pyproject)}
    codeowners = codeowners_text(settings.github, (*tracked_files(root), *others, *files, DEPLOYMENT))
    files[CODEOWNERS] = codeowners
    source = GuideSource(
        project=project,
        pipeline=pipeline,
        github=settings.github,
        wanted=wanted_settings(settings, settings.github, pipeline),
        codeowners=codeowners,
        own=own,
    )
    files[DEPLOYMENT] = deployment_text(source, by_hand)
    return files


def existing_files(root: Path) -> Iterator[str]:
    """Yield the paths of the generated files in the repository that depend on its pipeline."""
    paths = (
        *(f"{folder}/action.yml" for folder in NOX_ACTIONS),
        *(f"{WORKFLOWS}/{file.name}" for file in sorted((root / WORKFLOWS).glob("*.yml"))),
        CODEOWNERS,
        DEPENDABOT,
        DEPLOYMENT,
        RELEASING,
    )
    return (path for path in paths if is_generated(read_text(root / path)))


def locked_uv(root: Path) -> str:
    """Return the version of uv in the noxfile's lock. Raises `EvenfallError` (usage) if the lock is missing or has no uv.

    It searches for the two lines that uv writes, because parsing the whole lock would take longer than generating the files.
    """
    path = root / SCRIPT_LOCK
    if not path.is_file():
        raise EvenfallError(f"{SCRIPT_LOCK}: not found in {root}", hint=f"uv lock --script {NOXFILE}")
    locked = re.search(r'^name = "uv"\nversion = "([0-9a-z.+]+)"$', read_text(path), re.MULTILINE)
    if locked is None:
        raise EvenfallError(f"{SCRIPT_LOCK}: does not lock uv", hint=f"uv add --script {NOXFILE} evenfall")
    return locked[1]


def stale_files(root: Path, files: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return those of `files` that differ from the repository, or that must be removed from it."""
    return {path: text for path, text in files.items() if read_text(root / path) != text}


def drift(root: Path, files: Mapping[str, str | None]) -> str:
    """Return a unified diff from the repository's files to `files`; it is empty if all are current."""
    return "".join(diff(path, read_text(root / path), text or "") for path, text in files.items())


def diff(path: str, old: str, new: str) -> str:
    """Return a unified diff of one file, as `git apply` reads it. An empty `old` or `new` means that the file does not exist."""
    names = f"a/{path}" if old else "/dev/null", f"b/{path}" if new else "/dev/null"
    lines = difflib.unified_diff([*io.StringIO(old)], [*io.StringIO(new)], *names)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def check_generated(root: Path, files: Mapping[str, str | None]) -> None:
    """Raise `EvenfallError` (usage) if one of `files` exists and was not generated, because it may be the only copy."""
    for path in files:
        if (text := read_text(root / path)) and not is_generated(text):
            raise EvenfallError(
                f"{path}: not a generated file, so it is not overwritten",
                hint=f"rename {path}, or delete it",
            )


def write_files(root: Path, files: Mapping[str, str | None], *, hooks: Mapping[str, str | None] | None = None) -> None:
    """Write files below `root`, and remove those whose text is `None`: all of them, or none if that fails or is interrupted.

    `hooks` are executable files, which git may keep outside of `root`. A surrogate in a text is the byte that it stands for (PEP 383).

    Raises `EvenfallError` if a symbolic link leads a path out of `root`, if GitHub would not read a file because a folder above it is a
    link, if a file can't be written (usage), or if the disk is full (unknown).
    """
    for path in files:
        _check_links(root, path)
    contents = {
        root / path: text if text is None else text.encode("utf-8", "surrogateescape")
        for path, text in (*files.items(), *(hooks or {}).items())
    }
    try:
        replace_files(contents, executables=[root / path for path in hooks or ()])
    except OSError as error:
        path = os.path.relpath(error.filename, root)
        is_full = error.errno in DISK_FULL
        result = "; ".join(getattr(error, "__notes__", ())) or "nothing was changed"
        raise EvenfallError(
            f"{path}: can't be written: {error.strerror}; {result}",
            hint="free some disk space, and run it again" if is_full else f"check {path}, and run it again",
            exit_code=Exit.UNKNOWN if is_full else Exit.USAGE,
        ) from error


def _check_links(root: Path, path: str) -> None:
    if not (root / path).resolve().is_relative_to(root.resolve()):
        raise EvenfallError(f"{path}: a symbolic link leads out of the repository", hint=f"remove the link {path}")
    for folder in PurePosixPath(path).parents[:-1]:
        if path.startswith(".github/") and (root / folder).is_symlink():
            raise EvenfallError(
                f"{path}: {folder} is a symbolic link, and GitHub does not read what is behind it",
                hint=f"replace the link {folder} by the folder that it leads to",
            )

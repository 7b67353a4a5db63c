"""`build`: the wheel and the sdist, valid, complete, and the same when built again elsewhere."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nox
from nox.command import CommandFailed

from evenfall.errors import EvenfallError
from evenfall.project import Project, read_project
from evenfall.project.git import commit_time
from evenfall.sessions.archives import differences, metadata_problems
from evenfall.sessions.own_tools import own_tool
from evenfall.sessions.second_copy import second_copy

DIST = "dist"


def declare(project: Project) -> dict[str, Any]:
    """On one Python; what it builds is an artifact."""
    return {"python": project.primary_python, "artifacts": (f"{DIST}/",)}


def build(session: nox.Session) -> None:
    """Build wheel and sdist into dist/, check their contents and metadata, and that a second build gives the same bytes."""
    project = read_project(Path.cwd())
    shutil.rmtree(DIST, ignore_errors=True)
    built = build_into(session, project.root, Path(DIST))
    wheels = [str(file) for file in built if file.suffix == ".whl"]
    problems = [*metadata_problems(built)]
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("twine check", lambda: session.run(own_tool("twine"), "check", "--strict", *map(str, built), external=True)),
        ("check-wheel-contents", lambda: session.run(own_tool("check-wheel-contents"), *wheels, external=True)),
        ("check-sdist", lambda: session.run(own_tool("check-sdist"), "--installer", "uv", external=True)),
    )
    problems += [f"{name} failed" for name, check in checks if not _passes(check)]
    problems += second_build_differs(session, project, built)
    if problems:
        session.error("; ".join(problems))


def _passes(check: Callable[[], object]) -> bool:
    try:
        check()
    except CommandFailed:
        return False
    return True


def build_into(session: nox.Session, source: Path, folder: Path) -> tuple[Path, ...]:
    """Build both distributions. The time of the last commit is their time: https://reproducible-builds.org/specs/source-date-epoch/"""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or str(commit_time(source) or 315532800)
    session.run(
        "uv", "build", "--quiet", "--out-dir", str(folder.absolute()), str(source), env={"SOURCE_DATE_EPOCH": epoch}
    )
    built = tuple(sorted(file for file in folder.iterdir() if file.name.endswith((".whl", ".tar.gz"))))
    if len(built) != 2:
        raise EvenfallError(
            f"{folder}: expected one wheel and one sdist, found {', '.join(f.name for f in built) or 'nothing'}",
            hint="uv build",
        )
    return built


def second_build_differs(session: nox.Session, project: Project, built: tuple[Path, ...]) -> list[str]:
    """What differs when the same files are built in another folder, with other times and another umask."""
    only_contents = project.pyproject.settings.build.reproducible == "contents"
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        copy = second_copy(project.root, Path(folder, "elsewhere"))
        previous = os.umask(0o077)
        try:
            again = build_into(session, copy, Path(folder, DIST))
        finally:
            os.umask(previous)
        found = [
            f"a second build of {first.name} differs: {what}"
            for first, second in zip(built, again, strict=True)
            for what in differences(first, second, only_contents=only_contents)
        ]
    if found and not only_contents and project.pyproject.build_backend.startswith("setuptools"):
        session.warn(
            'setuptools writes the time into its sdist: [tool.evenfall.build] reproducible = "contents" compares what is inside'
        )
    return found

"""`build`: the wheel and the sdist, valid, complete, and the same when built again elsewhere."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.git.commits import commit_time
from evenfall.git.project_copy import copy_tracked_files
from evenfall.project.project import Project, read_project
from evenfall.project.tools import require_tool
from evenfall.sessions.archives import differences, metadata_problems
from evenfall.sessions.run_command import passes

DIST = "dist"
BEFORE_ANY_COMMIT = 315532800
"""1980-01-01, in seconds since 1970: the earliest time that a wheel can hold."""
OTHER_TIME = 1_000_000_000
"""2001-09-09: no file of a work tree is that old by accident."""


def declare(project: Project) -> dict[str, Any]:
    """On one Python; what it builds is an artifact."""
    return {"python": project.primary_python, "artifacts": (f"{DIST}/",)}


def build(session: nox.Session) -> None:
    """Build wheel and sdist into dist/, valid, complete and reproducible.

    They are built from what git tracks, as it is now. Their contents and metadata are checked, and that a second build in
    another folder, with other times and another umask, gives the same bytes.
    """
    project = read_project(Path.cwd())
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        source = copy_tracked_files(project.root, Path(folder, project.root.name))
        built = build_into(session, source, Path(DIST))
        wheels = [str(file) for file in built if file.suffix == ".whl"]
        checks = (
            ("twine check", (require_tool("twine"), "check", "--strict", *map(str, built))),
            ("check-wheel-contents", (require_tool("check-wheel-contents"), *wheels)),
            ("check-sdist", (require_tool("check-sdist"), "--installer", "uv", "--source-dir", str(source))),
        )
        problems = [*metadata_problems(built)]
        problems += [f"{name} failed" for name, command in checks if not passes(session, *command, external=True)]
    problems += second_build_differs(session, project, built)
    if problems:
        session.error("; ".join(problems))


def _epoch(source: Path) -> str:
    return os.environ.get("SOURCE_DATE_EPOCH") or str(commit_time(source) or BEFORE_ANY_COMMIT)


def build_into(session: nox.Session, source: Path, folder: Path) -> tuple[Path, ...]:
    """Build both distributions. The time of the last commit is their time: https://reproducible-builds.org/specs/source-date-epoch/

    Raises `EvenfallError` (usage) where the backend left anything but one wheel and one sdist.
    """
    environ = {"SOURCE_DATE_EPOCH": _epoch(source)}
    # Silent, and not --quiet: of what fails all is told then, the backend's own words too.
    session.run("uv", "build", "--out-dir", str(folder.absolute()), str(source), env=environ, silent=True)
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
        previous = os.umask(0o077)
        try:
            copy = copy_tracked_files(project.root, Path(folder, "elsewhere"), time=OTHER_TIME)
            again = build_into(session, copy, Path(folder, DIST))
        finally:
            os.umask(previous)
        pairs = tuple(zip(built, again, strict=True))
        found = [
            f"a second build of {first.name} differs: {what}"
            for first, second in pairs
            for what in differences(first, second, only_contents=only_contents)
        ]
        if found and not any(differences(first, second, only_contents=True) for first, second in pairs):
            session.warn(
                "the contents are the same, the backend keeps times or modes: "
                '[tool.evenfall.build] reproducible = "contents" compares what is inside'
            )
    return found

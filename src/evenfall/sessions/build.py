"""`build`: a valid, complete and reproducible wheel and sdist."""

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
EARLIEST_TIME = 315532800
"""1980-01-01, in seconds since 1970: the earliest time that a wheel can contain."""
OLD_TIME = 1_000_000_000
"""2001-09-09, as the time of the files in the second build, because no file of a work tree has it by chance."""


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, and the two distributions as its artifact."""
    return {"python": project.primary_python, "artifacts": (f"{DIST}/",)}


def build(session: nox.Session) -> None:
    """Build wheel and sdist into dist/, valid, complete and reproducible.

    The build uses the tracked files in their current state. Twine, check-wheel-contents and check-sdist check the distributions. A second
    build in another folder, with other file times and another umask, must give the same bytes.
    """
    project = read_project(Path.cwd())
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        source = copy_tracked_files(project.root, Path(folder, project.root.name))
        built = _build_into(session, source, Path(DIST))
        problems = [*metadata_problems(built), *_failed_checks(session, source, built)]
    problems += _reproducibility_problems(session, project, built)
    if problems:
        session.error("; ".join(problems))


def _build_into(session: nox.Session, source: Path, folder: Path) -> tuple[Path, ...]:
    """Build a wheel and an sdist with the time of the last commit: https://reproducible-builds.org/specs/source-date-epoch/

    Raises `EvenfallError` (usage) if the build backend does not write exactly one of each.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or str(commit_time(source) or EARLIEST_TIME)
    command = ("uv", "build", "--out-dir", str(folder.absolute()), str(source))
    # Silent instead of --quiet, so that the complete output of a failed build is printed.
    session.run(*command, env={"SOURCE_DATE_EPOCH": epoch}, silent=True)
    built = tuple(sorted(file for file in folder.iterdir() if file.name.endswith((".whl", ".tar.gz"))))
    if len(built) != 2:
        names = ", ".join(file.name for file in built) or "nothing"
        raise EvenfallError(f"{folder}: expected one wheel and one sdist, found {names}", hint="uv build")
    return built


def _failed_checks(session: nox.Session, source: Path, built: tuple[Path, ...]) -> list[str]:
    wheels = [str(file) for file in built if file.suffix == ".whl"]
    checks = (
        ("twine check", (require_tool("twine"), "check", "--strict", *map(str, built))),
        ("check-wheel-contents", (require_tool("check-wheel-contents"), *wheels)),
        ("check-sdist", (require_tool("check-sdist"), "--installer", "uv", "--source-dir", str(source))),
    )
    return [f"{name} failed" for name, command in checks if not passes(session, *command, external=True)]


def _reproducibility_problems(session: nox.Session, project: Project, built: tuple[Path, ...]) -> list[str]:
    """Build the same files in another folder, with other file times and another umask. Return the differences."""
    only_contents = project.pyproject.settings.build.reproducible == "contents"
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        umask = os.umask(0o077)
        try:
            copy = copy_tracked_files(project.root, Path(folder, "elsewhere"), time=OLD_TIME)
            rebuilt = _build_into(session, copy, Path(folder, DIST))
        finally:
            os.umask(umask)
        pairs = tuple(zip(built, rebuilt, strict=True))
        problems = [
            f"a second build of {first.name} differs: {difference}"
            for first, second in pairs
            for difference in differences(first, second, only_contents=only_contents)
        ]
        if problems and not any(differences(first, second, only_contents=True) for first, second in pairs):
            session.warn(
                "only times, modes or the archives differ, not the contents: "
                '[tool.evenfall.build] reproducible = "contents" compares the contents alone'
            )
    return problems

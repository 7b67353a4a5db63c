"""`build`: a valid, complete and reproducible wheel and sdist."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import nox

from evenfall.project.project import Project, read_project
from evenfall.release.archives import metadata_problems
from evenfall.release.distributions import build_project, compare_with_second_build, failed_checks
from evenfall.release.package_build import BuildOptions

DIST = "dist"


TROUBLESHOOTING = (
    (
        "The metadata or the README is not valid",
        "An index would reject the files. The session names the field of `pyproject.toml`, or the line of the README.",
        ("nox -s build",),
    ),
    (
        "A second build differs",
        "The build backend writes the time, an absolute path or an unsorted list into an archive. If only times and modes differ, "
        '`reproducible = "contents"` in `[tool.evenfall.build]` compares the contents alone.',
        ("nox -s build",),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: the two distributions as its artifact, and the history that a computed version may need."""
    return {
        "python": project.python_for(()),
        "artifacts": (f"{DIST}/",),
        "history": project.pyproject.version is None,
        "troubleshooting": TROUBLESHOOTING,
    }


def build(session: nox.Session) -> None:
    """Build wheel and sdist into dist/, valid, complete and reproducible.

    The build uses the tracked files in their current state. Twine, check-wheel-contents and check-sdist check the distributions. A second
    build in another folder, with other file times and another umask, must give the same bytes.
    """
    project = read_project(Path.cwd())
    options = BuildOptions(python=str(Path(session.bin).parent))
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        session.log("uv build")
        built = build_project(project.root, Path(folder), options)
        shutil.copytree(built.wheel.parent, DIST)
        problems = list(metadata_problems(built.files))
        for check in failed_checks(built):
            session.warn(f"{check.tool} failed:\n{check.output}")
            problems.append(f"{check.tool} failed")
        session.log("uv build, in another folder, with other file times and another umask")
        second = compare_with_second_build(project, built, options)
    different = [
        f"a second build of {name} differs: {difference}"
        for name, differences in second.differences.items()
        for difference in differences
    ]
    problems += different
    if different and second.same_contents:
        session.warn(
            "only times, modes or the archives differ, not the contents: "
            '[tool.evenfall.build] reproducible = "contents" compares the contents alone'
        )
    if problems:
        session.error("; ".join(problems))

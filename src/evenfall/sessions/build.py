"""`build`: a valid, complete and reproducible wheel and sdist."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nox

from evenfall.git.repository import find_top
from evenfall.git.tracked import submodules
from evenfall.project.project import Project, build_groups, read_project
from evenfall.text import and_more

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
    computed = any(package.pyproject.version is None for package in project.packages)
    return {
        "python": project.python_for(build_groups(project), ()),
        "artifacts": (f"{DIST}/",),
        "history": computed,
        "troubleshooting": TROUBLESHOOTING,
    }


def build(session: nox.Session) -> None:
    """Build wheel and sdist into dist/, valid, complete and reproducible.

    The build uses the tracked files in their current state, of each package of a workspace. Twine, check-wheel-contents and check-sdist
    check the distributions. A second build in another folder, with other file times and another umask, must give the same bytes.
    """
    if names := submodules(find_top(Path.cwd())):
        session.warn(
            f"submodules are not built, because the checkout of a runner does not have their files: {and_more(names)}"
        )
    shutil.rmtree(DIST, ignore_errors=True)
    problems = [text for package in read_project(Path.cwd()).packages for text in _problems(session, package)]
    if problems:
        session.error("; ".join(problems))


def _problems(session: nox.Session, package: Project) -> Iterator[str]:
    """Build a package twice, and yield the problems of its distributions."""
    from evenfall.release.archives import (  # slow to import, and not needed when a noxfile is loaded
        lfs_pointers,
        metadata_problems,
    )
    from evenfall.release.distributions import build_project, compare_with_second_build, failed_checks
    from evenfall.release.package_build import BuildOptions

    options = BuildOptions(python=str(Path(session.bin).parent))
    name = f" of {package.name}" if package.workspace else ""
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        session.log(f"uv build{name}")
        built = build_project(package.root, Path(folder), options)
        shutil.copytree(built.wheel.parent, DIST, dirs_exist_ok=True)
        yield from metadata_problems(built.files)
        if pointers := lfs_pointers(built.wheel):
            yield f"{built.wheel.name}: pointers of Git LFS instead of the files (git lfs pull): {and_more(pointers)}"
        for check in failed_checks(built):
            session.warn(f"{check.tool}{name} failed:\n{check.output}")
            if not check.warning:
                yield f"{check.tool}{name} failed"
        session.log(f"uv build{name}, in another folder, with other file times and another umask")
        second = compare_with_second_build(package, built, options)
    different = [
        f"a second build of {file} differs: {difference}"
        for file, differences in second.differences.items()
        for difference in differences
    ]
    yield from different
    if different and second.same_contents:
        session.warn(
            "only times, modes, debug information or the archives differ, not the contents: "
            '[tool.evenfall.build] reproducible = "contents" compares the contents alone'
        )

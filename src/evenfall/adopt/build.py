"""The settings of `[tool.evenfall.build]`, found out by building the sdist twice."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from evenfall.adopt.adoption import Adoption
from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import find_commit
from evenfall.git.tags import add_tag, tags_before
from evenfall.project.project import Project
from evenfall.project.pyproject import NO_PACKAGE
from evenfall.release.archives import differences
from evenfall.release.package_build import OLD_TIME, BuildError, BuildOptions, other_umask, start_build

_TAG = "v0.0.1"
"""The tag that the copy of a repository without tags gets, because a version that tags decide may be the same without any."""


def record_build(adoption: Adoption) -> None:
    """Write the settings with which a second build of the sdist is the same, in another folder, and without the history of git.

    If a version needs the history, or if that can't be found out, there is no setting for it, and every job has the history. A problem
    of a build, and that the project is not a package, is a note of the adoption.
    """
    if not adoption.project.packages:
        adoption.notes.append(f"{NO_PACKAGE}, so it has no session build")
    found = [_record_package(adoption, package) for package in adoption.project.packages]
    settings: dict[str, Any] = {}
    if any(each.needs_history is not None for each in found) and not any(each.needs_history for each in found):
        settings["history"] = False
    if any(each.other_times for each in found):
        settings["reproducible"] = tomlkit.string("contents").comment("the times or the modes of two builds differ")
    if settings:
        adoption.set_settings({"build": settings})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builds:
    """What builds of an sdist show: whether its version needs the history of git, and whether only times or modes differ.

    `needs_history` is None for a version that the build does not compute, and true if it is unknown.
    """

    needs_history: bool | None = None
    other_times: bool = False


def _record_package(adoption: Adoption, package: Project) -> _Builds:
    """Return what the builds of a package show, and note its problems."""
    name = f"{package.folder}: " if package.workspace else ""
    needs_history = True if package.pyproject.version is None else None
    has_commit = bool(find_commit(package.root, "HEAD"))
    tag = needs_history is True and has_commit
    try:
        with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
            scratch = Path(folder).resolve()
            first = _build_sdist(package.root, scratch / "one", tag=tag)
            _wait_for_next_second()
            with other_umask():
                if tag:
                    needs_history = not _is_built_without_history(package.root, scratch / "two", first.name)
                second = _build_sdist(package.root, scratch / "three", tag=tag, time=OLD_TIME)
            different = differences(first, second, only_contents=True)
            other_times = not different and bool(differences(first, second))
    except EvenfallError as error:
        problem = error.message.partition("\n")[0].rstrip(":")
        adoption.notes.append(f"{name}{problem}, so the session build fails; uv build shows the reason")
        return _Builds(needs_history=needs_history)
    if different:
        adoption.notes.append(f"{name}a second build of the sdist differs, so the session build fails: {different[0]}")
    return _Builds(needs_history=needs_history, other_times=other_times)


def _wait_for_next_second() -> None:
    """Wait until a backend that writes the current time into an sdist, in seconds, would write another one."""
    time.sleep(1.01 - time.time() % 1)


def _is_built_without_history(root: Path, scratch: Path, name: str) -> bool:
    """Return whether the sdist has this name, and so its version, in a clone with one commit and no tag."""
    try:
        return _build_sdist(root, scratch, history=False).name == name
    except BuildError as error:
        if error.exit_code is Exit.UNKNOWN:
            raise
        return False


def _build_sdist(
    root: Path, scratch: Path, *, tag: bool = False, time: int | None = None, history: bool = True
) -> Path:
    scratch.mkdir()
    options = BuildOptions(prepare=_add_missing_tag if tag else None)
    return start_build(root, scratch, options, time=time, history=history).sdist()


def _add_missing_tag(source: Path) -> None:
    if not tags_before(source, "HEAD"):
        add_tag(source, _TAG)

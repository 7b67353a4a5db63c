"""The settings of `[tool.evenfall.build]`, found out by building the sdist twice."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from evenfall.adopt.adoption import Adoption
from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import find_commit
from evenfall.git.tags import add_tag, tags_before
from evenfall.project.pyproject import NO_PACKAGE
from evenfall.release.archives import differences
from evenfall.release.package_build import OLD_TIME, BuildError, BuildOptions, other_umask, start_build

_TAG = "v0.0.1"
"""The tag that the copy of a repository without tags gets, because a version that tags decide may be the same without any."""


def record_build(adoption: Adoption) -> None:
    """Write the settings with which a second build of the sdist is the same, in another folder, and without the history of git.

    If the version needs the history, or if that can't be found out, there is no setting for it, and every job has the history. A problem
    of the build, and that the project is no package, is a note of the adoption.
    """
    if not adoption.project.pyproject.is_package:
        adoption.notes.append(f"{NO_PACKAGE}, so it has no session build")
        return
    try:
        with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
            settings = _find_settings(adoption, Path(folder).resolve())
    except EvenfallError as error:
        problem = error.message.partition("\n")[0].rstrip(":")
        adoption.notes.append(f"{problem}, so the session build fails; uv build shows the reason")
        return
    if settings:
        adoption.set_settings({"build": settings})


def _find_settings(adoption: Adoption, scratch: Path) -> Mapping[str, Any]:
    """Return the settings. Raises `EvenfallError` if the sdist can't be built."""
    settings: dict[str, Any] = {}
    may_need_tags = adoption.project.pyproject.version is None and bool(find_commit(adoption.scratch, "HEAD"))
    first = _build_sdist(adoption.scratch, scratch / "one", tag=may_need_tags)
    with other_umask():
        if may_need_tags and _is_built_without_history(adoption.scratch, scratch / "two", first.name):
            settings["history"] = False
        second = _build_sdist(adoption.scratch, scratch / "three", tag=may_need_tags, time=OLD_TIME)
    if different := differences(first, second, only_contents=True):
        adoption.notes.append(f"a second build of the sdist differs, so the session build fails: {different[0]}")
    elif differences(first, second):
        settings["reproducible"] = tomlkit.string("contents").comment("the times or the modes of two builds differ")
    return settings


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

"""Development versions for TestPyPI: the next patch version, with a number that grows."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from packaging.version import Version

from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import find_repository
from evenfall.git.tags import tagged_commits
from evenfall.project.current_lock import read_current_lock
from evenfall.project.project import Project
from evenfall.project.pyproject import NAME, Pyproject
from evenfall.project.root import find_locked_root
from evenfall.project.uv import uv
from evenfall.release.package_build import BuildOptions
from evenfall.release.version_facts import FETCH_HISTORY
from evenfall.release.version_fix import version_of_tag

_VARIABLES = {
    "setuptools-scm": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "hatch-vcs": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "flit-scm": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "vcs-versioning": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "pdm-backend": "PDM_BUILD_SCM_VERSION",
    "uv-dynamic-versioning": "UV_DYNAMIC_VERSIONING_BYPASS",
    "poetry-dynamic-versioning": "POETRY_DYNAMIC_VERSIONING_BYPASS",
}
"""The variable that replaces the version of a tag, by build requirement. hatch-vcs ignores the variable for one project."""


def development_options(project: Project, number: int | None, options: BuildOptions) -> BuildOptions:
    """Return the options of a build with the next patch version as a development version.

    Without a `number`, it is that of the workflow run, or the time in seconds.

    Raises `EvenfallError` (usage): the version comes from something that can't be replaced, or the last release is newer.
    """
    number = default_number(os.environ) if number is None else number
    versions = map(version_of_tag, tagged_commits(project.root))
    released = [version for version in versions if version]
    if project.pyproject.version is None:
        version = _next_patch(project.root, released, number)
        changed = replace(options, env={**options.env, _variable(project.pyproject): version}, version=version)
    else:
        bump = ("version", "--bump=patch", f"--bump=dev={number}")
        version = uv(project.root, *bump, "--dry-run", "--frozen", "--short").strip()
        changed = replace(options, prepare=lambda source: _bump(source, bump), version=version)
    if released and max(released) > Version(version):
        raise EvenfallError(
            f"{version} is older than the released version {max(released)}",
            hint="uv version, to set the version of the last release or a later one",
        )
    return changed


def default_number(environ: Mapping[str, str]) -> int:
    """Return the number of the workflow run, which grows with each run; elsewhere the time in seconds since 1970."""
    run = environ.get("GITHUB_RUN_NUMBER", "")
    return int(run) if run.isascii() and run.isdecimal() else int(time.time())


def _next_patch(root: Path, released: Collection[Version], number: int) -> str:
    """Return the patch version after the newest released one. Raises `EvenfallError` (unknown) if the tags may be missing."""
    if not released and find_repository(root).is_shallow:
        raise EvenfallError(
            "inconclusive: the last version is unknown, because the repository is shallow and has no tag",
            hint=FETCH_HISTORY,
            exit_code=Exit.UNKNOWN,
        )
    last = max(released, default=Version("0"))
    major, minor, patch = (*last.release, 0, 0)[:3]
    epoch = f"{last.epoch}!" if last.epoch else ""
    return f"{epoch}{major}.{minor}.{patch + 1}.dev{number}"


def _variable(pyproject: Pyproject) -> str:
    """Return the variable that replaces the version of a tag. Raises `EvenfallError` (usage) if the build has none."""
    names = [name for name in _VARIABLES if name in pyproject.build_requirements]
    if not (names and pyproject.version_from_tag):
        raise EvenfallError(
            f"{NAME}: project.dynamic: no development version can be made, because the build backend computes the version",
            hint=f"write project.version, or take it from tags with one of: {', '.join(_VARIABLES)}",
        )
    return _VARIABLES[names[0]]


def _bump(source: Path, bump: Iterable[str]) -> None:
    """Change the version in a copy of the project and in its lock, which must then be current."""
    uv(source, *bump, "--no-sync")
    read_current_lock(find_locked_root(source))

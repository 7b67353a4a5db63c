"""The current difference between the sdist and git, written as the configuration of check-sdist."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import tomlkit

from evenfall.adopt.adoption import Adoption
from evenfall.errors import EvenfallError
from evenfall.git.commits import find_commit
from evenfall.git.tracked import tracked_files, untracked_files
from evenfall.release.distributions import sdist_check
from evenfall.release.package_build import BuildOptions, start_build


def record_sdist(adoption: Adoption, python: Path) -> None:
    """Write the files in which the sdist differs from git, so that the session build reports only new differences.

    Files that git will not track are left out. If the sdist can't be built, nothing is written: `record_build` has added a note.
    """
    if not adoption.project.pyproject.is_package or "check-sdist" in adoption.project.pyproject.tools:
        return
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        try:
            build = start_build(adoption.scratch, Path(folder).resolve(), BuildOptions())
            command = sdist_check(str(python), build.source, build.sdist())
        except EvenfallError:
            return
        output = subprocess.run(command, capture_output=True, text=True, encoding="utf-8").stdout
    has_commit = bool(find_commit(adoption.scratch, "HEAD"))
    untracked = {*untracked_files(adoption.root)} - adoption.written if has_commit else set()
    differences = {
        key: [name for name in _lines_below(output, title) if name not in untracked]
        for key, title in (("sdist-only", "SDist only:"), ("git-only", "Git only:"))
    }
    table = tomlkit.table().add(tomlkit.comment("The intended differences between the sdist and git"))
    table.update({key: list(_patterns(names, adoption.scratch)) for key, names in differences.items() if names})
    if table:
        adoption.set_tables({"tool": {"check-sdist": table}})


def _lines_below(text: str, title: str) -> list[str]:
    """Return the indented lines below a title in the output of check-sdist."""
    lines = text.partition(f"{title}\n")[2].partition("\n\n")[0].splitlines()
    return [line.strip() for line in lines if line.strip()]


def _patterns(names: list[str], root: Path) -> tuple[str, ...]:
    """Return patterns for the files: a folder's name if it covers every tracked file in the folder, else the file's path."""
    tracked = tracked_files(root)
    patterns: dict[str, None] = {}
    for name in names:
        folder = name.partition("/")[0]
        is_complete = "/" in name and all(file in names for file in tracked if file.startswith(f"{folder}/"))
        patterns[f"/{folder}/" if is_complete else f"/{name}"] = None
    return tuple(patterns)

"""The current difference between the sdist and git, written as the configuration of check-sdist."""

from __future__ import annotations

import subprocess
from pathlib import Path

import tomlkit

from evenfall.adopt.adoption import Adoption
from evenfall.git.tracked import tracked_files
from evenfall.project.pyproject import NO_PACKAGE


def record_sdist(adoption: Adoption, python: Path) -> None:
    """Write the files in which the sdist differs from git, so that the session build reports only new differences.

    If check-sdist can't compare them, because the build fails for example, or if the project is no package, add a note to the adoption.
    """
    if not adoption.project.pyproject.is_package:
        adoption.notes.append(f"{NO_PACKAGE}: there is no session build")
        return
    if "check-sdist" in adoption.project.pyproject.tools:
        return
    process = subprocess.run(
        [python, "-m", "check_sdist", "--installer", "uv"],
        cwd=adoption.scratch,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    differences = {
        key: _lines_below(process.stdout, title)
        for key, title in (("sdist-only", "SDist only:"), ("git-only", "Git only:"))
    }
    table = tomlkit.table().add(tomlkit.comment("The intended differences between the sdist and git"))
    table.update({key: list(_patterns(names, adoption.scratch)) for key, names in differences.items() if names})
    if table:
        adoption.set_tables({"tool": {"check-sdist": table}})
    elif process.returncode:
        adoption.notes.append("check-sdist could not compare the sdist with git; nox -s build shows the reason")


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

"""The current difference between the sdist and git, written as the configuration of check-sdist."""

from __future__ import annotations

import tempfile
from collections.abc import Set
from pathlib import Path, PurePosixPath

import tomlkit

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.source import source_path
from evenfall.errors import EvenfallError
from evenfall.git.commits import find_commit
from evenfall.git.tracked import tracked_files, untracked_files
from evenfall.project.project import Project
from evenfall.project.pyproject import NAME
from evenfall.project.tools import run_tool
from evenfall.release.distributions import NO_COLORS, is_warning, sdist_check
from evenfall.release.package_build import BuildOptions, start_build
from evenfall.text import one_line


def record_sdist(adoption: Adoption, python: Path) -> None:
    """Write the files in which each sdist differs from git, so that the session build reports only new differences.

    Files that git will not track are left out. What twine finds in the metadata and the README is a note of the adoption. If an sdist can't
    be built, nothing is written: `record_build` has added a note.
    """
    for package in adoption.project.packages:
        with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
            try:
                build = start_build(package.root, Path(folder).resolve(), BuildOptions())
                sdist = build.sdist()
            except EvenfallError:
                continue
            if problem := _metadata_problem(python, sdist):
                adoption.notes.append(f"{package.folder}: {problem}" if package.workspace else problem)
            if "check-sdist" not in package.pyproject.tools:
                output = run_tool(sdist_check(str(python), build.source, sdist), variables=NO_COLORS).stdout
                _record_differences(adoption, package, output)


def _metadata_problem(python: Path, sdist: Path) -> str:
    """Return what twine reports about the metadata and the README; empty if there is no problem."""
    done = run_tool((python, "-m", "twine", "check", "--strict", sdist), variables=NO_COLORS)
    if not done.returncode:
        return ""
    if is_warning(done.stdout):
        return "project.readme is missing, or the file is empty, so the session build warns, and a release fails"
    return f"the session build fails, because twine check does: {one_line(done.stdout.partition('FAILED')[2])}"


def _record_differences(adoption: Adoption, package: Project, output: str) -> None:
    """Write the differences that check-sdist has printed."""
    untracked = _never_tracked(adoption)
    prefix = "" if package.folder == "." else f"{package.folder}/"
    differences = {
        key: [name for name in _lines_below(output, title) if f"{prefix}{name}" not in untracked]
        for key, title in (("sdist-only", "SDist only:"), ("git-only", "Git only:"))
    }
    table = tomlkit.table().add(tomlkit.comment("The intended differences between the sdist and git"))
    table.update({key: list(_patterns(names, package.root)) for key, names in differences.items() if names})
    if table:
        adoption.set_tables({"tool": {"check-sdist": table}}, path=f"{prefix}{NAME}")


def _never_tracked(adoption: Adoption) -> set[str]:
    """Return the untracked files that the adoption does not need. Before the first commit, all files will be tracked."""
    if not find_commit(adoption.scratch, "HEAD"):
        return set()
    source = source_path(adoption.source)
    return {
        name
        for name in untracked_files(adoption.root)
        if name not in adoption.written and not (source and (adoption.root / name).resolve().is_relative_to(source))
    }


def _lines_below(text: str, title: str) -> list[str]:
    """Return the indented lines below a title in the output of check-sdist."""
    lines = text.partition(f"{title}\n")[2].partition("\n\n")[0].splitlines()
    return [line.strip() for line in lines if line.strip()]


def _patterns(names: list[str], root: Path) -> tuple[str, ...]:
    """Return patterns for the files: the outermost folder of which they are all tracked files, else the file's path."""
    mixed = {folder for file in {*tracked_files(root)} - {*names} for folder in PurePosixPath(file).parents}
    return tuple(dict.fromkeys(_pattern(name, mixed) for name in names))


def _pattern(name: str, mixed: Set[PurePosixPath]) -> str:
    folders = [*reversed(PurePosixPath(name).parents)][1:]  # without the root
    folder = next((folder for folder in folders if folder not in mixed), None)
    return f"/{name}" if folder is None else f"/{folder}/"

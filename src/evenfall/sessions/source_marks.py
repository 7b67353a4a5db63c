"""Decide between several possible sources of a package: mark each file with a comment, build a wheel, and read the marks in it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from zipfile import ZipFile

from evenfall.errors import EvenfallError, Exit
from evenfall.git.project_copy import copy_tracked_files
from evenfall.git.repository import find_top, path_from_top
from evenfall.project.uv import run_uv
from evenfall.sessions.source_map import SUFFIXES, Evidence
from evenfall.text import and_more

_MARK = b"\n# source file %b of Evenfall\n"
_PATTERN = re.compile(rb"^# source file (\d+) of Evenfall\r?$", re.MULTILINE)


def marks(root: Path, project: str, python: str, undecided: Mapping[str, Iterable[str]]) -> Evidence:
    """Return the marks as evidence. The files of `SourceMap.undecided` are marked in a copy, and `python` builds the project in it.

    The files and the folder `project` are relative to `root`.

    Raises `EvenfallError` (unknown) if the build fails.
    """
    files = dict.fromkeys(file for candidates in undecided.values() for file in candidates)
    numbers = {file: b"%d" % number for number, file in enumerate(files, 1)}
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        top = find_top(root)
        source = copy_tracked_files(top, Path(folder).resolve() / top.name) / path_from_top(root)
        for name, number in numbers.items():
            _mark(source / name, number, Path(folder))
        wheel = Path(folder, "wheel")
        options = ("--quiet", "--wheel", "--python", python, "--out-dir", str(wheel))
        done = run_uv(source / project, "build", *options, str(source / project))
        if done.returncode:
            raise EvenfallError(
                f"{', '.join(undecided)}: the source can be in several folders ({and_more([*files])}), and the build to find it failed:\n"
                f"{done.stderr.strip()}",
                hint="uv build --wheel",
                exit_code=Exit.UNKNOWN,
            )
        found = _read_marks(next(wheel.glob("*.whl")))
    return Evidence(lambda file: found.get(file, frozenset()), lambda file: numbers.get(file, b""))


def _mark(file: Path, number: bytes, copy: Path) -> None:
    """Add a mark to a file in the copy, which a regular file replaces, because a link can lead to another file."""
    if not file.resolve().is_relative_to(copy.resolve()):
        return
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content + _MARK % number)


def _read_marks(wheel: Path) -> dict[str, frozenset[bytes]]:
    """Return the numbers of the marks in each module of a wheel, by its path in site-packages."""
    with ZipFile(wheel) as archive:
        return {
            re.sub(r"^[^/]+\.data/(pure|plat)lib/", "", name): frozenset(_PATTERN.findall(archive.read(name)))
            for name in archive.namelist()
            if name.endswith(SUFFIXES)
        }

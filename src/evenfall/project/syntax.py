"""Find the oldest Python that can read a project's code, with Ruff, which knows the syntax of every version.

The standard library's parser knows only the syntax of the Python that runs it, and the result must not depend on that.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

from evenfall.errors import EvenfallError, Exit
from evenfall.project.python_names import minor_number
from evenfall.project.tools import require_tool

_KNOWN = range(7, 16)
"""The minor versions that Ruff knows: https://docs.astral.sh/ruff/settings/#target-version"""

_OPTIONS = ("check", "--isolated", "--no-cache", "--quiet", "--exit-zero", "--ignore=ALL", "--output-format=json")
_COLLECTED = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")
_LENGTH = 20_000
"""Characters of file names in one command; Windows allows 32,767 in all."""


def modules(files: Sequence[str]) -> tuple[str, ...]:
    """Return the files that the project's own commands would read: modules that can be imported, and tests that pytest collects.

    A module is in a regular package, below `src`, or at the top. The others are data, such as templates and samples.
    """
    python = [PurePosixPath(file) for file in files if file.endswith((".py", ".pyi"))]
    packages = {path.parent for path in python if path.stem == "__init__"}
    return tuple(str(path) for path in python if _is_module(path, packages))


def _is_module(path: PurePosixPath, packages: set[PurePosixPath]) -> bool:
    if not all(map(str.isidentifier, (*path.parent.parts, path.stem))):
        return False
    is_top = len(path.parts) == 1 or path.parts[0] == "src"
    return is_top or path.parent in packages or bool(_COLLECTED.fullmatch(path.name))


def oldest_reader(root: Path, files: Iterable[str], versions: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the oldest of these versions, in ascending order, that can parse all files; and those that the one before can't parse.

    A file that none of them can parse is left out, because it is no code. Raises `EvenfallError` (unknown) if Ruff does not work.
    """
    unreadable = _unreadable(root, files, versions[0])
    if unreadable:
        unreadable -= _unreadable(root, sorted(unreadable), versions[-1])
    newer: tuple[str, ...] = ()
    for version, following in pairwise(versions):
        if not unreadable:
            return version, newer
        newer = tuple(sorted(unreadable))
        unreadable = _unreadable(root, newer, following)
    return versions[-1], newer


def _unreadable(root: Path, files: Iterable[str], version: str) -> set[str]:
    """Return the files that a version of Python can't parse. On Windows, the root can have several names, such as `LONGNA~1`."""
    target = min(max(minor_number(version), _KNOWN[0]), _KNOWN[-1])
    folder = os.path.realpath(root)
    paths = {os.path.normpath(os.path.join(folder, file)): file for file in files}
    listed = (file for path, file in paths.items() if not os.path.isdir(path))  # noqa: PTH112 - a Path for each of many files is slow
    found = {name for part in _parts(listed) for name in _run_ruff(folder, part, f"py3{target}")}
    if unknown := sorted(found - paths.keys()):
        raise EvenfallError(
            f"ruff check: names {unknown[0]}, which is not one of the files of {folder}",
            hint="run Nox in the folder by its full name",
            exit_code=Exit.UNKNOWN,
        )
    return {paths[path] for path in found}


def _parts(files: Iterable[str]) -> Iterator[list[str]]:
    part: list[str] = []
    length = 0
    for file in files:
        if part and length + len(file) > _LENGTH:
            yield part
            part, length = [], 0
        part.append(file)
        length += len(file) + 1
    if part:
        yield part


def _run_ruff(root: str, files: Sequence[str], target: str) -> Iterator[str]:
    """Yield the absolute path of a file for each syntax error."""
    ruff = require_tool("ruff", hint="install evenfall with its dependencies")
    command = (ruff, *_OPTIONS, f"--target-version={target}", "--", *files)
    try:
        findings = json.loads(subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True).stdout)
    except (OSError, ValueError) as error:
        raise EvenfallError(
            f"ruff check --target-version={target} failed: {error}", hint="ruff --version", exit_code=Exit.UNKNOWN
        ) from error
    yield from (os.path.normpath(finding["filename"]) for finding in findings)

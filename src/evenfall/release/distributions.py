"""Build the wheel and the sdist of a project, check them, and compare them with a second build."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import commit_time
from evenfall.git.project_copy import copy_tracked_files
from evenfall.git.repository import find_top, path_from_top
from evenfall.project.tools import require_tool
from evenfall.project.uv import is_unreachable, run_uv
from evenfall.release.archives import differences

EARLIEST_TIME = 315532800
"""1980-01-01, in seconds since 1970: the earliest time that a wheel can contain."""
OLD_TIME = 1_000_000_000
"""2001-09-09, as the time of the files in the second build, because no file of a work tree has it by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distributions:
    """The two files of a build, and the folder with the source that they were built from."""

    source: Path
    wheel: Path
    sdist: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """The sdist and the wheel."""
        return self.sdist, self.wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How a project is built: with the options `uv`, and more variables `env`, after `prepare` changed the copy of the project.

    `version` is the version that must be the result; by default it is that of the project.
    """

    uv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], object] | None = None
    version: str = ""


class BuildError(EvenfallError):
    """A distribution could not be built: the `kind` is sdist, or wheel if the sdist was built. `output` is what uv printed."""

    def __init__(self, kind: Literal["sdist", "wheel"], output: str) -> None:
        self.kind = kind
        self.problem = "the wheel can't be built from the sdist" if kind == "wheel" else "the sdist can't be built"
        self.output = output
        code = Exit.UNKNOWN if is_unreachable(output) or "No interpreter found" in output else Exit.USAGE
        prefix = "inconclusive: " if code is Exit.UNKNOWN else ""
        super().__init__(f"{prefix}{self.problem}:\n{output}", hint="uv build", exit_code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCheck:
    """A program that found problems in the distributions, and what it printed."""

    tool: str
    output: str


def build_project(root: Path, scratch: Path, options: BuildOptions, *, time: int | None = None) -> Distributions:
    """Build the tracked files of the project in `root`, as they are in the work tree, in the empty folder `scratch`.

    `time` is the time of every file, in seconds since 1970; by default the files keep theirs. The build gets the time of the last
    commit: https://reproducible-builds.org/specs/source-date-epoch/

    Raises `BuildError` (usage, or unknown if the network or this machine is the cause), and `EvenfallError` (usage) if the build
    backend does not write exactly one file of each kind.
    """
    top = find_top(root)
    source = copy_tracked_files(top, scratch / top.name, time=time) / path_from_top(root)
    if options.prepare:
        options.prepare(source)
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or str(commit_time(source) or EARLIEST_TIME)
    folder = scratch / "dist"
    command = ("build", *options.uv, "--out-dir", str(folder), str(source))
    done = run_uv(source, *command, env={"SOURCE_DATE_EPOCH": epoch, **options.env})
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    wheels, sdists = ([file for file in files if file.name.endswith(suffix)] for suffix in (".whl", ".tar.gz"))
    if done.returncode:
        raise BuildError("wheel" if sdists else "sdist", done.stderr.strip())
    if (len(wheels), len(sdists)) != (1, 1):
        names = ", ".join(file.name for file in (*wheels, *sdists)) or "nothing"
        raise EvenfallError(f"{folder.name}: expected one wheel and one sdist, found {names}", hint="uv build")
    return Distributions(source=source, wheel=wheels[0], sdist=sdists[0])


def failed_checks(built: Distributions) -> Iterator[FailedCheck]:
    """Yield the programs that find problems: in the README and the metadata, in the content of the wheel, in that of the sdist.

    Raises `EvenfallError` (unknown) if a program is not installed.
    """
    checks = (
        ("twine check", (require_tool("twine"), "check", "--strict", *map(str, built.files))),
        ("check-wheel-contents", (require_tool("check-wheel-contents"), str(built.wheel))),
        ("check-sdist", (require_tool("check-sdist"), "--installer", "uv", "--source-dir", str(built.source))),
    )
    for tool, command in checks:
        done = subprocess.run(
            command,
            cwd=built.source,
            env=os.environ | {"TERM": "dumb"},  # no colors
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            # check-sdist lets the build backend write to stderr. The folder of the files is a temporary one.
            output = (done.stdout.strip() or done.stderr.strip()).replace(f"{built.wheel.parent}{os.sep}", "")
            yield FailedCheck(tool=tool, output=output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproducibility:
    """The differences of a second build by the name of the file, and whether the contents of all members are the same."""

    differences: Mapping[str, Sequence[str]]
    same_contents: bool


def compare_with_second_build(
    root: Path, built: Distributions, options: BuildOptions, *, only_contents: bool
) -> Reproducibility:
    """Build the same files in another folder, with other file times and another umask, and compare them.

    Raises `EvenfallError` as `build_project` does.
    """
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        umask = os.umask(0o077)
        try:
            (scratch := Path(folder, "elsewhere")).mkdir()
            rebuilt = build_project(root, scratch, options, time=OLD_TIME)
        finally:
            os.umask(umask)
        pairs = tuple(zip(built.files, rebuilt.files, strict=True))
        found = {first.name: differences(first, second, only_contents=only_contents) for first, second in pairs}
        same_contents = not any(differences(first, second, only_contents=True) for first, second in pairs)
    return Reproducibility(differences=found, same_contents=same_contents)

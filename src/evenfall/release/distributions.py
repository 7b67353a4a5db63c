"""Build the wheel and the sdist of a project, check them, and compare them with a second build."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import Exit
from evenfall.project.project import Project
from evenfall.project.tools import require_tool, run_tool
from evenfall.release.archives import differences
from evenfall.release.package_build import OLD_TIME, BuildError, BuildOptions, other_umask, start_build

NO_COLORS = {"TERM": "dumb"}
"""The variable with which twine and check-sdist print no colors."""


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
class FailedCheck:
    """A program that found problems in the distributions, and what it printed.

    A `warning`, that a file has no README, matters only on the page of the project on an index.
    """

    tool: str
    output: str
    warning: bool = False


def build_project(
    root: Path, scratch: Path, options: BuildOptions, *, time: int | None = None, history: bool = True
) -> Distributions:
    """Build the tracked files of the project in `root` in the empty folder `scratch`.

    `time` and `history` are those of `start_build`. Raises `BuildError` (usage, or unknown if the network or this machine is the cause),
    and `EvenfallError` (usage) if the build backend does not write exactly one file of each kind.
    """
    build = start_build(root, scratch, options, time=time, history=history)
    sdist = build.sdist()
    return Distributions(source=build.source, wheel=build.wheel(sdist), sdist=sdist)


def failed_checks(built: Distributions) -> Iterator[FailedCheck]:
    """Yield the programs that find problems: in the README and the metadata, in the content of the wheel, in that of the sdist.

    Raises `EvenfallError` (unknown) if a program is not installed.
    """
    checks = (
        ("twine check", (require_tool("twine"), "check", "--strict", *map(str, built.files))),
        ("check-wheel-contents", (require_tool("check-wheel-contents"), str(built.wheel))),
        ("check-sdist", sdist_check(sys.executable, built.source, built.sdist)),
    )
    require_tool("check-sdist")
    for tool, command in checks:
        done = run_tool(command, built.source, variables=NO_COLORS)
        if done.returncode:
            # check-sdist lets the build backend write to stderr. The folder of the files is a temporary one.
            output = (done.stdout.strip() or done.stderr.strip()).replace(f"{built.wheel.parent}{os.sep}", "")
            yield FailedCheck(tool=tool, output=output, warning=is_warning(output))


def is_warning(output: str) -> bool:
    """Return whether `twine check --strict` fails only because of warnings, by its output."""
    return "FAILED due to warnings" in output and "ERROR" not in output


def sdist_check(python: str, source: Path, sdist: Path) -> tuple[str, ...]:
    """Return the command that runs check-sdist, which Python `python` has, on an sdist that is built already.

    check-sdist would build another one, with the Python that runs it, and in isolation.
    """
    return (python, "-I", "-c", _CHECK_SDIST, str(sdist), "--source-dir", str(source), "--installer", "uv")


_CHECK_SDIST = """
import sys, tarfile
import check_sdist.__main__ as check

def sdist_files(source_dir, **options):
    with tarfile.open(sdist) as archive:
        return frozenset(file.name.partition("/")[2] for file in archive if file.isfile() or file.issym())

sdist = sys.argv.pop(1)
check.sdist_files = sdist_files
check.main()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproducibility:
    """The differences of a second build by the name of the file, and whether the contents of all members are the same."""

    differences: Mapping[str, Sequence[str]]
    same_contents: bool = False


def compare_with_second_build(project: Project, built: Distributions, options: BuildOptions) -> Reproducibility:
    """Build the same files in another folder, with other file times and another umask, and compare them.

    If the project states that its version does not need the history of git, the second build has none. Raises `EvenfallError` as
    `build_project` does.
    """
    history = project.pyproject.version is not None or project.pyproject.version_from_tag
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        try:
            (scratch := Path(folder, "elsewhere")).mkdir()
            with other_umask():
                rebuilt = build_project(project.root, scratch, options, time=OLD_TIME, history=history)
        except BuildError as error:
            if history or error.exit_code is Exit.UNKNOWN:
                raise
            return Reproducibility(differences={built.sdist.name: [f"{error.problem}, {_WITHOUT_HISTORY}"]})
        if not history and rebuilt.sdist.name != built.sdist.name:
            return Reproducibility(
                differences={built.sdist.name: [f"its name is {rebuilt.sdist.name}, {_WITHOUT_HISTORY}"]}
            )
        only_contents = project.pyproject.settings.build.reproducible == "contents"
        pairs = tuple(zip(built.files, rebuilt.files, strict=True))
        found = {first.name: differences(first, second, only_contents=only_contents) for first, second in pairs}
        same_contents = not any(differences(first, second, only_contents=True) for first, second in pairs)
    return Reproducibility(differences=found, same_contents=same_contents)


_WITHOUT_HISTORY = "without the history of git: remove history = false from [tool.evenfall.build]"

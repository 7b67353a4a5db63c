"""Build the sdist of a project's tracked files, and the wheel from the sdist, as `uv build` does, in folders with known names."""

from __future__ import annotations

import contextlib
import os
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import commit_time
from evenfall.git.project_copy import copy_tracked_files
from evenfall.git.repository import find_top, path_from_top
from evenfall.project.project import Project, has_build_isolation, read_project
from evenfall.project.uv import is_unreachable, run_uv, uv

EARLIEST_TIME = 315532800
"""1980-01-01, in seconds since 1970: the earliest time that a wheel can contain."""
OLD_TIME = 1_000_000_000
"""2001-09-09, as the time of the files in a second build, because no file of a work tree has it by chance."""

Kind = Literal["sdist", "wheel"]
_SUFFIXES: Mapping[Kind, str] = {"sdist": ".tar.gz", "wheel": ".whl"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How a project is built: with `python`, the options `uv`, and more variables `env`, after `prepare` changed the copy.

    By default uv chooses the Python. `version` is the version that must be the result; by default it is that of the project.
    """

    python: str = ""
    uv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], object] | None = None
    version: str = ""


class BuildError(EvenfallError):
    """A distribution could not be built: the `kind` is sdist, or wheel if the sdist was built. `output` is what uv printed."""

    def __init__(self, kind: Kind, output: str) -> None:
        self.kind = kind
        self.problem = "the wheel can't be built from the sdist" if kind == "wheel" else "the sdist can't be built"
        self.output = output
        code = Exit.UNKNOWN if is_unreachable(output) or "No interpreter found" in output else Exit.USAGE
        prefix = "inconclusive: " if code is Exit.UNKNOWN else ""
        super().__init__(f"{prefix}{self.problem}:\n{output}", hint="uv build", exit_code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageBuild:
    """A build in the folder `scratch`, from the copy of the project in `source`."""

    source: Path
    scratch: Path
    options: BuildOptions

    @property
    def folder(self) -> Path:
        """The folder of the built files."""
        return self.scratch / "dist"

    def sdist(self) -> Path:
        """Build the sdist. Raises `BuildError` (usage, or unknown if the network or this machine is the cause)."""
        return self._build("sdist", self.source, {})

    def wheel(self, sdist: Path) -> Path:
        """Build the wheel from the sdist, whose folder gets another name in the debug information of compiled modules.

        https://reproducible-builds.org/docs/build-path/

        Raises `BuildError` as `sdist` does.
        """
        (unpacked := self.scratch / "unpacked").mkdir()
        try:
            with tarfile.open(sdist) as archive:
                archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.3 and older have none
                archive.extractall(unpacked)  # noqa: S202 - uv built it from the project
        except tarfile.TarError as error:
            raise BuildError("wheel", f"{sdist.name}: {error}") from error
        folders = sorted(unpacked.iterdir())
        if len(folders) != 1:
            names = ", ".join(folder.name for folder in folders) or "nothing"
            raise BuildError("wheel", f"{sdist.name}: expected one folder, found {names}")
        return self._build("wheel", folders[0], _compiler_options(folders[0]))

    def _build(self, kind: Kind, source: Path, env: Mapping[str, str]) -> Path:
        python = ("--python", self.options.python) if self.options.python else ()
        options = (f"--{kind}", *python, *self.options.uv, "--out-dir", str(self.folder))
        epoch = os.environ.get("SOURCE_DATE_EPOCH") or str(commit_time(self.source) or EARLIEST_TIME)
        env = {"SOURCE_DATE_EPOCH": epoch, **env, **self.options.env}
        done = run_uv(self.source, "build", *options, str(source), env=env)
        if done.returncode:
            raise BuildError(kind, done.stderr.strip())
        names = sorted(file.name for file in self.folder.iterdir() if file.name.endswith(_SUFFIXES[kind]))
        if len(names) != 1:
            raise EvenfallError(
                f"{self.folder.name}: expected one {kind}, found {', '.join(names) or 'nothing'}", hint="uv build"
            )
        return self.folder / names[0]


def start_build(
    root: Path, scratch: Path, options: BuildOptions, *, time: int | None = None, history: bool = True
) -> PackageBuild:
    """Copy the tracked files of the project in `root`, as they are in the work tree, into the empty folder `scratch`.

    `time` and `history` are those of `copy_tracked_files`. The build gets the time of the last commit:
    https://reproducible-builds.org/specs/source-date-epoch/

    Raises `EvenfallError` as `uv` does if the project is built without isolation, and its environment can't be made.
    """
    top = find_top(root)
    (scratch / "source").mkdir()
    source = copy_tracked_files(top, scratch / "source" / top.name, time=time, history=history) / path_from_top(root)
    if options.prepare:
        options.prepare(source)
    project = read_project(source)
    if not has_build_isolation(project):
        options = replace(options, python=_environment(project, scratch / "environment", options.python))
    return PackageBuild(source=source, scratch=scratch, options=options)


@contextlib.contextmanager
def other_umask() -> Iterator[None]:
    """Give files the fewest permissions, in a second build that must be the same as the first."""
    umask = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(umask)


def _environment(project: Project, folder: Path, python: str) -> str:
    """Make an environment with all groups that can be installed together, and without the project, whose build needs it."""
    options = ["--quiet", "--locked", "--no-default-groups", "--no-install-project"]
    options += [f"--group={group}" for group in project.compatible_groups]
    options += [f"--extra={extra}" for extra in project.pyproject.settings.extras]
    options += ["--python", python] if python else []
    uv(project.root, "sync", *options, env={"UV_PROJECT_ENVIRONMENT": str(folder)})
    return str(folder)


def _compiler_options(folder: Path) -> dict[str, str]:
    """Return the variables with which GCC and Clang write another path instead of `folder`. MSVC has no such option."""
    if os.name == "nt" or re.search(r"\s", str(folder)):
        return {}
    option = f"-ffile-prefix-map={folder}=."
    return {name: f"{os.environ.get(name, '')} {option}".strip() for name in ("CFLAGS", "CXXFLAGS")}

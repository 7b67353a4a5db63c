"""The project as it is installed in the environment of a session, and where its source is."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PathDistribution
from pathlib import Path, PurePosixPath

import msgspec
import nox
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.git.tracked import tracked_files, untracked_files
from evenfall.project.project import Project
from evenfall.sessions.run_command import environment_folder
from evenfall.sessions.source_map import compare_sources, contents, join
from evenfall.sessions.source_marks import marks
from evenfall.text import and_more

_ASK = "import json, sys; print(json.dumps([sys.executable, *sys.path]))"

_MODULES = (".py", ".pyi", ".so", ".pyd")


class InstalledProject(msgspec.Struct, frozen=True):
    """The import packages (as paths such as `a/b`), single modules and files of the installed project, relative to `site`.

    Those of a workspace are those of all its members, and a project that is not a package has none. `python` is the environment or its
    interpreter, and `distributions` are the normalized names of all distributions in it. `folders` are the folders that uv built the
    files from, relative to the root, and the files; by default all files are from the root.
    """

    site: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    files: tuple[str, ...]
    distributions: frozenset[str]
    python: str = sys.executable
    folders: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def top_level(self) -> tuple[str, ...]:
        """The first part of each importable name."""
        return tuple(dict.fromkeys([*(package.partition("/")[0] for package in self.packages), *self.modules]))

    def source_paths(self, root: Path) -> dict[str, str]:
        """Return the source path of each package and module, relative to `root`: `{"pkg": "src/pkg", "mod.py": "lib/mod.py"}`.

        A folder in a package has a path of its own if its source is elsewhere; a package that the build generates has none. Raises
        `EvenfallError` (unknown) as `marks` does.
        """
        return _source_paths(self, root)

    def source_files(self, root: Path) -> dict[str, str]:
        """Return the source path of each installed file: `{"pkg/data.txt": "src/pkg/data.txt"}`. The source file may not exist."""
        return {
            file: path if file == name else join(path, file[len(name) + 1 :])
            for name, path in self.source_paths(root).items()
            for file in self.files
            if file == name or file.startswith(f"{name}/")
        }

    @property
    def importable(self) -> tuple[str, ...]:
        """The files that an import statement can name; not templates or scripts among the data files."""
        python = (file for file in self.files if file.endswith(".py"))
        return tuple(file for file in python if all(map(str.isidentifier, file.removesuffix(".py").split("/"))))


@cache
def _source_paths(installed: InstalledProject, root: Path) -> dict[str, str]:
    tracked, paths = tracked_files(root), {}
    folders = installed.folders or ((".", installed.files),)
    for folder, files in folders:
        others = tuple(f"{other}/" for other, _ in folders if other != folder and is_below(other, folder))
        own = [path for path in tracked if is_below(path, folder) and not path.startswith(others)]
        packages, modules = importable_names(files)
        names = (*packages, *(f"{module}.py" for module in modules))
        found = compare_sources(names, files, own, contents(Path(installed.site), root))
        if found.undecided:
            evidence = marks(root, folder, installed.python, found.undecided)
            found.paths.update(compare_sources(found.undecided, files, own, evidence).paths)
        paths.update(found.paths)
    return dict(sorted(paths.items()))  # a package before the folders in it


def is_below(path: str, folder: str) -> bool:
    """Return whether a path, relative to the root, is in a folder, which may be the root `.`."""
    return folder == "." or path.startswith(f"{folder}/")


def inspect_installed_project(session: nox.Session, project: Project) -> InstalledProject:
    """Return the project as it is installed in a session's environment.

    Raises `EvenfallError` (usage) if its wheel has no module; a member of a workspace may only require other packages.
    """
    members = project.members if project.is_workspace else (project,)
    folders = {
        member.name: member.root.relative_to(project.root).as_posix()
        for member in members
        if member.pyproject.is_package
    }
    installed = inspect_packages(session, folders)
    if folders and not installed.top_level and not project.workspace:
        raise EvenfallError(
            f"{', '.join(folders)}: the wheel contains no module to import",
            hint="uv build --wheel, and look into dist/",
        )
    return installed


def inspect_packages(session: nox.Session, folders: Mapping[str, str]) -> InstalledProject:
    """Return those of the packages that are installed in a session's environment; `folders` are theirs by their normalized names."""
    python, *search_path = _interpreter(session)
    distributions = _distributions(search_path)
    found = {name: distributions[name] for name in folders if name in distributions}
    by_folder = tuple((folders[name], _files(metadata)) for name, metadata in found.items())
    all_files = tuple(sorted({file for _, files in by_folder for file in files}))
    packages, modules = importable_names(all_files)
    return InstalledProject(
        site=next((str(metadata.parent) for metadata in found.values()), search_path[0]),
        packages=packages,
        modules=modules,
        files=all_files,
        distributions=frozenset(distributions),
        python=python,
        folders=by_folder,
    )


def _interpreter(session: nox.Session) -> list[str]:
    """Return a session's interpreter, or its environment, which stands for it; and the folders in which it finds distributions."""
    if session.venv_backend == "none":
        return list(json.loads(str(session.run("python", "-I", "-c", _ASK, silent=True, log=False))))
    environment = environment_folder(session)
    sites = (*environment.glob("lib/*/site-packages"), *environment.glob("Lib/site-packages"))
    return [str(environment), *map(str, sites)]


def _distributions(search_path: Iterable[str]) -> dict[str, Path]:
    """Return the folder with the metadata of each distribution, by its normalized name, which is in the name of the folder.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    folders = [
        path for folder in search_path for kind in ("dist", "egg") for path in Path(folder).glob(f"*.{kind}-info")
    ]
    return {canonicalize_name(path.stem.partition("-")[0]): path for path in folders}


def _files(metadata: Path) -> tuple[str, ...]:
    """Return the files of a distribution, without its metadata."""
    files = (file.as_posix() for file in PathDistribution(metadata).files or ())
    return tuple(
        sorted(file for file in files if not re.match(r"\.\.|[^/]+\.(dist-info|data)/|(.*/)?__pycache__/", file))
    )


def importable_names(files: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the packages that are in no other one, with the folders of all other modules; and the modules in no folder."""
    paths = [PurePosixPath(file) for file in files if file.endswith(_MODULES)]
    regular = {path.parent for path in paths if path.stem == "__init__"}
    outermost = {path for path in regular if regular.isdisjoint(path.parents)}
    loose = [path for path in paths if regular.isdisjoint(path.parents)]
    folders = {path.parent for path in loose if len(path.parts) > 1}
    modules = {path.name.partition(".")[0] for path in loose if len(path.parts) == 1}
    return tuple(sorted(map(str, outermost | folders))), tuple(sorted(modules))


def require_test_tool(tool: str, project: Project, installed: InstalledProject) -> None:
    """Raise `EvenfallError` (usage) if the project's test groups do not install the tool."""
    if tool not in installed.distributions:
        groups = project.groups("tests")
        names = ", ".join(groups) or "there are none"
        raise EvenfallError(
            f"{tool}: not in the project's test groups ({names})", hint=f"uv add --group {(*groups, 'test')[0]} {tool}"
        )


def warn_of_untracked(session: nox.Session, root: Path, installed: InstalledProject) -> None:
    """Log the untracked files in the sources of the installed packages. They are not installed, but a test may need them."""
    folders = tuple("" if path == "." else f"{path}/" for path in installed.source_paths(root).values())
    if paths := [path for path in untracked_files(root) if path.startswith(folders)]:
        session.warn(f"not installed, because git does not track them: {and_more(paths)}")

"""The project as it is installed in the environment of a session, and an import hook that hides the source tree from the tests."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.git.tracked import tracked_files, untracked_files
from evenfall.project.project import Project
from evenfall.sessions.source_map import compare_sources, contents, join
from evenfall.sessions.source_marks import marks
from evenfall.text import and_more

_PROBE = """
import importlib.metadata as metadata, json, sys
from pathlib import PurePosixPath
name = sys.argv[1]
distributions = sorted({(d.metadata["Name"] or "").lower().replace("_", "-") for d in metadata.distributions()})
distribution = metadata.distribution(name) if name else None
files = (distribution.files if distribution else None) or ()
files = [file for file in files if not file.parts[0].endswith((".dist-info", ".data")) and ".." not in file.parts]
files = [file for file in files if "__pycache__" not in file.parts]
modules = [file for file in files if file.suffix in (".py", ".pyi", ".so", ".pyd")]
packages = {file.parent.as_posix() for file in modules if file.stem == "__init__"}
loose = [file for file in modules if not packages.intersection(parent.as_posix() for parent in file.parents)]
outermost = {p for p in packages if not packages.intersection(parent.as_posix() for parent in PurePosixPath(p).parents)}
alone = {file.name.partition(".")[0] for file in loose if len(file.parts) == 1}
nested = {file.parent.as_posix() for file in loose if len(file.parts) > 1}
print(json.dumps({"python": sys.executable, "site": str(distribution.locate_file("")) if distribution else sys.prefix,
    "packages": sorted(outermost | nested), "modules": sorted(alone),
    "files": [file.as_posix() for file in files], "distributions": distributions}))
"""

_HOOK = '''\
"""Written by Evenfall: import the installed package, never the source tree of the project."""

import os
import sys
from importlib import machinery

NAMES = {names!r}
HIDDEN = {hidden!r}
VISIBLE = {visible!r}
ROOT = {root!r}
SITE = {site!r}
LOADERS = (
    (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
    (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
    (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
)


class Tree(machinery.FileFinder):
    def find_spec(self, fullname, target=None):
        path = real(self.path) + fullname.rpartition(".")[2]
        found = {{path, path + ".py"}}
        if not found.isdisjoint(HIDDEN) or (fullname in NAMES and found.isdisjoint(VISIBLE)):
            return None
        return super().find_spec(fullname, target)


def real(path):
    return os.path.join(os.path.normcase(os.path.realpath(path)), "")


def tree(path):
    folder = real(path)
    if not folder.startswith(real(ROOT)) or folder.startswith(real(SITE)) or not os.path.isdir(folder):
        raise ImportError(path)
    return Tree(path, *LOADERS)


sys.path_hooks.insert(0, tree)
sys.path_importer_cache.clear()
'''


class InstalledProject(msgspec.Struct, frozen=True):
    """The import packages (as paths such as `a/b`), single modules and files of the installed project, relative to `site`.

    A project that is no package has none. `python` is the interpreter of the environment, and `distributions` are the normalized names
    of all distributions in it.
    """

    site: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    files: tuple[str, ...]
    distributions: frozenset[str]
    python: str = sys.executable

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
    names = (*installed.packages, *(f"{module}.py" for module in installed.modules))
    tracked = tracked_files(root)
    found = compare_sources(names, installed.files, tracked, contents(Path(installed.site), root))
    if found.undecided:
        evidence = marks(root, installed.python, found.undecided)
        found.paths.update(compare_sources(found.undecided, installed.files, tracked, evidence).paths)
    return dict(sorted(found.paths.items()))  # a package before the folders in it


def inspect_installed_project(session: nox.Session, project: Project) -> InstalledProject:
    """Return the project as it is installed in a session's environment; without packages and modules if it is no package.

    Raises `EvenfallError` (usage) if its wheel has no module.
    """
    name = project.name if project.pyproject.is_package else ""
    output = str(session.run("python", "-I", "-c", _PROBE, name, silent=True, log=False, external="error"))
    installed = msgspec.convert(json.loads(output), InstalledProject)
    if name and not installed.top_level:
        raise EvenfallError(
            f"{name}: its wheel contains no module to import", hint="uv build --wheel, and look into dist/"
        )
    return installed


def require_test_tool(tool: str, project: Project, installed: InstalledProject) -> None:
    """Raise `EvenfallError` (usage) if the project's test groups do not install the tool."""
    if tool not in installed.distributions:
        groups = project.groups("tests")
        names = ", ".join(groups) or "there are none"
        raise EvenfallError(
            f"{tool}: not in the project's test groups ({names})", hint=f"uv add --group {(*groups, 'test')[0]} {tool}"
        )


def install_import_hook(installed: InstalledProject) -> None:
    """Make the environment's Python import the project from site-packages, with any working directory and any import path.

    Otherwise the working directory, `pythonpath` and pytest's rootdir come before the installed package. A path hook
    (https://docs.python.org/3/reference/import.html#path-entry-finders) also works for pytest's own importer, which searches the
    path before any finder; a `.pth` file (https://docs.python.org/3/library/site.html) installs it in subprocesses and xdist workers.
    """
    if not installed.top_level:
        return
    root, site = Path.cwd(), Path(installed.site)
    names = installed.top_level
    sources = {*installed.source_paths(root).values()}
    above = {path for file in tracked_files(root) for path in (PurePosixPath(file), *PurePosixPath(file).parents)}
    others = {
        path.as_posix()
        for path in above
        if path.name.removesuffix(".py") in names and sources.isdisjoint(map(str, (path, *path.parents)))
    }
    hook = _HOOK.format(
        names=names,
        hidden=_real_paths(root, sources),
        visible=_real_paths(root, others),
        root=str(root),
        site=installed.site,
    )
    (site / "_evenfall_import_hook.py").write_text(hook, encoding="utf-8")
    (site / "_evenfall_import_hook.pth").write_text("import _evenfall_import_hook\n", encoding="utf-8")


def _real_paths(root: Path, paths: Iterable[str]) -> set[str]:
    return {os.path.normcase(os.path.realpath(root / path)) for path in paths}


def warn_of_untracked(session: nox.Session, root: Path, installed: InstalledProject) -> None:
    """Log the untracked files in the sources of the installed packages. They are not installed, but a test may need them."""
    folders = tuple("" if path == "." else f"{path}/" for path in installed.source_paths(root).values())
    if paths := [path for path in untracked_files(root) if path.startswith(folders)]:
        session.warn(f"not installed, because git does not track them: {and_more(paths)}")

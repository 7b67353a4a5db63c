"""The project as it is installed in the environment of a session, and an import hook that hides the source tree from the tests."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.git.tracked import untracked_files
from evenfall.project.project import Project

_PROBE = """
import importlib.metadata as metadata, json, sys
distribution = metadata.distribution(sys.argv[1])
files = [file for file in distribution.files or () if not file.parts[0].endswith((".dist-info", ".data")) and ".." not in file.parts]
files = [file for file in files if "__pycache__" not in file.parts]
modules = [file for file in files if file.suffix in (".py", ".so", ".pyd")]
packages = {file.parent.as_posix() for file in modules if file.name == "__init__.py"}
outermost = {p for p in packages if not any(p.startswith(q + "/") for q in packages)}
loose = {file for file in modules if not any(p == file.parent.as_posix() or file.as_posix().startswith(p + "/") for p in outermost)}
alone = {file.name.partition(".")[0] for file in loose if len(file.parts) == 1}
nested = {file.parent.as_posix() for file in loose if len(file.parts) > 1}
distributions = sorted({(d.metadata["Name"] or "").lower().replace("_", "-") for d in metadata.distributions()})
print(json.dumps({"site": str(distribution.locate_file("")), "packages": sorted(outermost | nested), "modules": sorted(alone),
    "files": [file.as_posix() for file in files], "distributions": distributions}))
"""

_HOOK = '''\
"""Written by Evenfall: import the installed package, never the source tree of the project."""

import os
import sys
from importlib import machinery

NAMES = {names!r}
ROOT = {root!r}
SITE = {site!r}
LOADERS = (
    (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
    (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
    (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
)


class Tree(machinery.FileFinder):
    def find_spec(self, fullname, target=None):
        return None if fullname in NAMES else super().find_spec(fullname, target)


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

    `distributions` are the normalized names of all distributions in the environment.
    """

    site: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    files: tuple[str, ...]
    distributions: frozenset[str]

    @property
    def top_level(self) -> tuple[str, ...]:
        """The first part of each importable name."""
        return tuple(dict.fromkeys([*(package.partition("/")[0] for package in self.packages), *self.modules]))

    def source_paths(self, root: Path) -> dict[str, str]:
        """Return the source path of each package and module, relative to `root`: `{"pkg": "src/pkg"}`.

        A package that the build generates has no source path.
        """
        folders = sorted(f"{path.name}/" for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
        paths = {}
        for name in (*self.packages, *(f"{module}.py" for module in self.modules)):
            base = next((base for base in ("src/", "", *folders) if (root / base / name).exists()), None)
            if base is not None:
                paths[name] = f"{base}{name}"
        return paths

    def source_files(self, root: Path) -> dict[str, str]:
        """Return the source path of each installed file: `{"pkg/data.txt": "src/pkg/data.txt"}`. The source file may not exist."""
        return {
            file: path + file.removeprefix(name)
            for name, path in self.source_paths(root).items()
            for file in self.files
            if file == name or file.startswith(f"{name}/")
        }

    @property
    def importable(self) -> tuple[str, ...]:
        """The files that an import statement can name; not templates or scripts among the data files."""
        python = (file for file in self.files if file.endswith(".py"))
        return tuple(file for file in python if all(map(str.isidentifier, file.removesuffix(".py").split("/"))))


def inspect_installed_project(session: nox.Session, project: str) -> InstalledProject:
    """Return the project as it is installed in a session's environment. Raises `EvenfallError` (usage) if it has no module."""
    output = str(session.run("python", "-I", "-c", _PROBE, project, silent=True, log=False, external="error"))
    installed = msgspec.convert(json.loads(output), InstalledProject)
    if not installed.top_level:
        raise EvenfallError(
            f"{project}: its wheel contains no module to import", hint="uv build --wheel, and look into dist/"
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
    site = Path(installed.site)
    hook = _HOOK.format(names=installed.top_level, root=str(Path.cwd()), site=installed.site)
    (site / "_evenfall_import_hook.py").write_text(hook, encoding="utf-8")
    (site / "_evenfall_import_hook.pth").write_text("import _evenfall_import_hook\n", encoding="utf-8")


def check_tracked(root: Path, installed: InstalledProject) -> None:
    """Raise `EvenfallError` (usage) if an installed file comes from a source file that git neither tracks nor ignores."""
    untracked = {*untracked_files(root)}
    if paths := [path for path in installed.source_files(root).values() if path in untracked]:
        raise EvenfallError(
            f"{', '.join(paths)}: installed here, but not tracked by git, so CI does not have it",
            hint=f"git add {' '.join(paths)}",
        )

"""What the project ships, as it lies installed in a session's environment, and how the tests get that and not the source tree."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import nox

from evenfall.errors import EvenfallError
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
installed = sorted({(d.metadata["Name"] or "").lower().replace("_", "-") for d in metadata.distributions()})
print(json.dumps({"site": str(distribution.locate_file("")), "packages": sorted(outermost | nested), "modules": sorted(alone),
    "files": [file.as_posix() for file in files], "installed": installed}))
"""

_HOOK = '''\
"""Written by evenfall: what is installed here is imported from here, never from the project's source tree."""

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
    place = real(path)
    if not place.startswith(real(ROOT)) or place.startswith(real(SITE)) or not os.path.isdir(place):
        raise ImportError(path)
    return Tree(path, *LOADERS)


sys.path_hooks.insert(0, tree)
sys.path_importer_cache.clear()
'''


class Shipped(msgspec.Struct, frozen=True):
    """The import packages (as paths like `a/b`), the single modules and all files of an installed project, below `site`."""

    site: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    files: tuple[str, ...]
    installed: frozenset[str]

    @property
    def top_level(self) -> tuple[str, ...]:
        """The names that an import statement begins with."""
        return tuple(dict.fromkeys([*(package.partition("/")[0] for package in self.packages), *self.modules]))

    def in_tree(self, root: Path) -> dict[str, str]:
        """Where the source tree keeps them: `{"pkg": "src/pkg"}`, relative to `root`; what is generated in the build is not there."""
        folders = sorted(f"{path.name}/" for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
        places = {}
        for name in (*self.packages, *(f"{module}.py" for module in self.modules)):
            base = next((base for base in ("src/", "", *folders) if (root / base / name).exists()), None)
            if base is not None:
                places[name] = f"{base}{name}"
        return places

    def files_in_tree(self, root: Path) -> dict[str, str]:
        """Where the source tree keeps each file: `{"pkg/data.txt": "src/pkg/data.txt"}`; it may not be there."""
        return {
            file: place + file.removeprefix(name)
            for name, place in self.in_tree(root).items()
            for file in self.files
            if file == name or file.startswith(f"{name}/")
        }

    @property
    def importable(self) -> tuple[str, ...]:
        """The files that an import statement can name: a template or a script among the data is none."""
        python = (file for file in self.files if file.endswith(".py"))
        return tuple(file for file in python if all(map(str.isidentifier, file.removesuffix(".py").split("/"))))


def find_shipped(session: nox.Session, project: str) -> Shipped:
    """Ask a session's environment what the project installed there. Raises `EvenfallError` (usage) where that is no module."""
    told = str(session.run("python", "-I", "-c", _PROBE, project, silent=True, log=False, external="error"))
    shipped = msgspec.convert(json.loads(told), Shipped)
    if not shipped.top_level:
        raise EvenfallError(
            f"{project}: its wheel holds no module to import", hint="uv build --wheel, and look into dist/"
        )
    return shipped


def check_installed(tool: str, project: Project, shipped: Shipped) -> None:
    """Raises `EvenfallError` (usage) where the environment does not have it."""
    if tool not in shipped.installed:
        groups = project.groups("tests")
        named = ", ".join(groups) or "there is none"
        raise EvenfallError(
            f"{tool}: not in the project's test groups ({named})", hint=f"uv add --group {(*groups, 'test')[0]} {tool}"
        )


def import_only_shipped(shipped: Shipped) -> None:
    """Make every Python of the environment import the project from site-packages, wherever it runs and whatever its path says.

    The working directory, `pythonpath` and pytest's rootdir would else win over what is shipped. A path hook
    (https://docs.python.org/3/reference/import.html#path-entry-finders) also holds for pytest's own importer, which searches the
    path past any finder before it; a `.pth` file (https://docs.python.org/3/library/site.html) for subprocesses and xdist's workers.
    """
    site = Path(shipped.site)
    hook = _HOOK.format(names=shipped.top_level, root=str(Path.cwd()), site=shipped.site)
    (site / "_evenfall_shipped.py").write_text(hook, encoding="utf-8")
    (site / "_evenfall_shipped.pth").write_text("import _evenfall_shipped\n", encoding="utf-8")

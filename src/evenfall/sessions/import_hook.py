"""Make the tests import the installed project, and not its source tree, with any working directory and any import path.

Otherwise the working directory, `pythonpath` and pytest's rootdir come before the installed packages. A path hook
(https://docs.python.org/3/reference/import.html#path-entry-finders) also works for pytest's own importer, which searches the path
before any finder; a `.pth` file (https://docs.python.org/3/library/site.html) installs it in subprocesses and xdist workers. A plugin
makes pytest import from site-packages the modules that it finds in the source tree: those with doctests, and tests in a package.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import nox
from packaging.utils import canonicalize_name

from evenfall.git.tracked import tracked_files
from evenfall.project.project import Project
from evenfall.sessions.installed_project import InstalledProject, inspect_packages
from evenfall.sessions.source_map import join

PLUGIN = "_evenfall_installed_modules"
"""The plugin that pytest must load."""

_HOOK = '''\
"""Written by Evenfall: import the installed packages, never the source tree of the project."""

import os
import sys
from importlib import machinery

ROOT = {root!r}
SITE = {site!r}
NAMES = {names!r}
SOURCES = {sources!r}
OTHERS = {others!r}
TESTS = {tests!r}
LOADERS = (
    (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
    (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
    (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
)


def real(path):
    return os.path.normcase(os.path.realpath(path))


class Tree(machinery.FileFinder):
    """A folder of the source tree, with the installed packages in place of their sources."""

    def find_spec(self, fullname, target=None):
        path = os.path.join(real(self.path), fullname.rpartition(".")[2])
        paths = {{path, path + ".py"}}
        for source in paths.intersection(SOURCES):
            return machinery.FileFinder(SOURCES[source], *LOADERS).find_spec(fullname)
        if fullname in NAMES and paths.isdisjoint(OTHERS):
            return None
        return super().find_spec(fullname, target)


class Installed(machinery.FileFinder):
    """A folder of an installed package, with the tests in its source that are not installed."""

    def find_spec(self, fullname, target=None):
        spec = super().find_spec(fullname, target)
        folder = TESTS[real(self.path)].get(fullname.rpartition(".")[2])
        return machinery.FileFinder(folder, *LOADERS).find_spec(fullname) if spec is None and folder else spec


def finder(path):
    folder = real(path)
    if folder in TESTS:
        return Installed(path, *LOADERS)
    in_tree = os.path.join(folder, "").startswith(os.path.join(real(ROOT), ""))
    if not in_tree or os.path.join(folder, "").startswith(os.path.join(real(SITE), "")) or not os.path.isdir(folder):
        raise ImportError(path)
    return Tree(path, *LOADERS)


sys.path_hooks.insert(0, finder)
sys.path_importer_cache.clear()
'''

_PLUGIN = '''\
"""Written by Evenfall: import from site-packages the modules that pytest finds in the source tree."""

import contextlib
import importlib
import os
from pathlib import Path

import pytest
from _pytest.doctest import DoctestModule

SITE = {site!r}
SOURCES = {sources!r}
VERSION = getattr(pytest, "version_tuple", (6,))


def installed_path(path):
    """Return where a path of the source tree is in site-packages, or None if it is not in a source."""
    path = os.path.realpath(path)
    for source, name in SOURCES:
        if (os.path.normcase(path) + os.sep).startswith(source + os.sep):
            return Path(SITE, name + path[len(source) :])
    return None


def names_by_path(config):
    """Return whether pytest names a module after its path from the rootdir: in importlib mode before pytest 8.1."""
    return VERSION < (8, 1) and config.getoption("importmode", "prepend") == "importlib"


@contextlib.contextmanager
def moved(nodes):
    paths = [(node, node.path) for node in nodes]
    for node, path in paths:
        target = installed_path(path)
        if target is not None and target.exists():
            node.path = target
        elif target is not None:  # a test that is not installed; pytest must not import the package around it from the source tree
            with contextlib.suppress(Exception):
                importlib.import_module(".".join(target.parent.relative_to(SITE).parts))
    try:
        yield
    finally:
        for node, path in paths:
            node.path = path


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config):
    if getattr(early_config.known_args_namespace, "importmode", None) == "importlib":
        for name in {conftests!r}:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    yield


def imports(module):
    try:
        module.obj  # pytest imports it, and keeps it for the collection
    except (Exception, pytest.skip.Exception, pytest.fail.Exception):
        return False
    return True


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_make_collect_report(collector):
    path = getattr(collector, "path", None)  # pytest 7 and newer
    is_module = isinstance(collector, pytest.File) and not isinstance(collector, pytest.Package)
    # A conftest with doctests is known by the path that it was found in; before pytest 8, by the one that it was imported from.
    is_code = is_module and path and path.suffix == ".py" and (path.name != "conftest.py" or VERSION < (8,))
    has_tests = isinstance(collector, pytest.Module) and not isinstance(collector, DoctestModule)
    with moved([collector] if is_code and not names_by_path(collector.config) else []):
        if not is_code or not has_tests or not imports(collector):
            outcome = yield
            for node in outcome.get_result().result or () if is_code else ():
                node.path = path  # which decides the hooks of a conftest that apply
            return
    yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    packages = [node for node in item.listchain() if isinstance(node, pytest.Package) and hasattr(node, "path")]
    with moved([] if names_by_path(item.config) else packages):
        yield
'''


def install_import_hook(session: nox.Session, project: Project, installed: InstalledProject) -> None:
    """Write the hook and the plugin into the environment, for the project and all other packages that uv installs from a folder.

    `installed` is the project as `inspect_installed_project` returns it.
    """
    workspace = project.workspace or project
    local = ((package.name, package.source.folder) for package in workspace.lock.package)
    folders = {str(canonicalize_name(name)): folder for name, folder in local if folder is not None}
    has_others = project.workspace or [*folders.values()] != ["."]
    write_import_hook(inspect_packages(session, folders) if has_others else installed, workspace.root)


def write_import_hook(installed: InstalledProject, root: Path) -> None:
    """Write the hook and the plugin into the environment. `root` is the folder of the project, or of its workspace."""
    site, sources, tracked = Path(installed.site), installed.source_paths(root), tracked_files(root)
    tests: dict[str, dict[str, str]] = defaultdict(dict)
    for path in missing_tests(installed.files, sources, tracked):
        name, source = PurePosixPath(path), PurePosixPath(source_of(path, sources))
        tests[_real(site / name.parent)][name.stem] = os.path.realpath(root / source.parent)
    hook = _HOOK.format(
        root=os.fspath(root),
        site=installed.site,
        names=installed.top_level,
        sources={_real(root / path): os.fspath((site / name).parent) for name, path in sources.items()},
        others={_real(root / path) for path in other_modules(installed.top_level, sources.values(), tracked)},
        tests=dict(tests),
    )
    (site / "_evenfall_import_hook.py").write_text(hook, encoding="utf-8")
    (site / "_evenfall_import_hook.pth").write_text("import _evenfall_import_hook\n", encoding="utf-8")
    inner_first = sorted(((_real(root / path), name) for name, path in sources.items()), reverse=True)
    conftests = [
        ".".join(PurePosixPath(name).parts)
        for name, path in sources.items()
        if any(file.startswith(f"{path}/") and file.endswith("/conftest.py") for file in tracked)
    ]
    plugin = _PLUGIN.format(site=os.path.realpath(site), sources=inner_first, conftests=conftests)
    (site / f"{PLUGIN}.py").write_text(plugin, encoding="utf-8")


def other_modules(names: Iterable[str], sources: Iterable[str], tracked: Iterable[str]) -> set[str]:
    """Return the tracked files and folders that have the name of an installed package, but are not in the source of one.

    Such as `tests/lamp`. Programs can import them, as without the hook.
    """
    wanted, own = {*names}, {*sources}
    found: set[str] = set()
    for file in tracked:
        steps = file.split("/")
        above = ["/".join(steps[:end]) for end in range(1, len(steps) + 1)]
        if own.isdisjoint(above):
            found.update(path for path in above if PurePosixPath(path).name.removesuffix(".py") in wanted)
    return found


def source_of(file: str, sources: Mapping[str, str]) -> str:
    """Return the source path of a file in one of the packages."""
    name = max((name for name in sources if file.startswith(f"{name}/")), key=len)
    return join(sources[name], file[len(name) + 1 :])


def missing_tests(files: Iterable[str], sources: Mapping[str, str], tracked: Iterable[str]) -> set[str]:
    """Return the folders and modules with tests in the source of a package that the wheel leaves out, as if they were installed.

    A folder has tests if pytest would find one in it by its default settings. Other modules that the wheel leaves out stay missing.
    """
    present = {path.as_posix() for file in files for path in (PurePosixPath(file), *PurePosixPath(file).parents)}
    return {
        path
        for file in tracked
        if any(fnmatch(PurePosixPath(file).name, pattern) for pattern in ("test_*.py", "*_test.py", "conftest.py"))
        for path in _first_missing(file, sources, present)
    }


def _first_missing(file: str, sources: Mapping[str, str], present: set[str]) -> Iterator[str]:
    for name, source in sources.items():
        prefix = "" if source == "." else f"{source}/"
        if file.startswith(prefix) and not name.endswith(".py"):
            path = PurePosixPath(name, file[len(prefix) :])
            outermost_first = [step.as_posix() for step in (*reversed(path.parents), path)]
            yield from [step for step in outermost_first if step not in present][:1]


def _real(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))

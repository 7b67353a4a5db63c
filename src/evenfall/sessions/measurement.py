"""What the tests measure: what the project's own command measures, for a project that is installed and not its source tree."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.tracked import tracked_files
from evenfall.pipeline.model import NOXFILE
from evenfall.sessions.coverage_config import CoverageConfig, Value, write_rcfile
from evenfall.sessions.installed_project import InstalledProject
from evenfall.sessions.pytest_options import RCFILE, PytestOptions

_PLACES = frozenset(
    {"source", "source_pkgs", "source_dirs", "include", "omit", "data_file", "parallel", "relative_files"}
)
"""The options of `[run]` that say which files are measured, and where the data are."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The project or workspace in `root` as it is installed, the options of its pytest, and its coverage configuration.

    `folder` is where the project's own command runs; paths in the configuration are relative to it.
    """

    root: Path
    folder: Path
    installed: InstalledProject
    options: PytestOptions
    config: CoverageConfig

    @cached_property
    def source(self) -> tuple[str, ...] | None:
        """The folders and files of the source tree that `source` names; None if there is none, and every file counts that runs.

        A package that is neither installed by the project nor in its source tree is in the environment.
        """
        if not self.config.has_source:
            return None
        named = [*self.config.values("run:source_dirs"), *self.config.values("run:source")]
        folders = [os.path.realpath(self.folder / name) for name in named if (self.folder / name).is_dir()]
        packages = [name for name in named if not (self.folder / name).is_dir()]
        packages += self.config.values("run:source_pkgs")
        return (*folders, *(path for name in packages for path in self._package_paths(name.replace(".", "/"))))

    def _package_paths(self, name: str) -> tuple[str, str]:
        """Return the folder and the file that can be the package or module."""
        paths = self.installed.source_paths(self.root)
        for package in sorted(paths, key=len, reverse=True):
            module = package.removesuffix(".py")
            if f"{name}/".startswith(f"{module}/"):
                path = posixpath.join(paths[package].removesuffix(".py"), name[len(module) + 1 :]).rstrip("/")
                break
        else:
            in_tree = any((self.folder / f"{name}{suffix}").exists() for suffix in ("", ".py"))
            path = os.path.join(self.folder if in_tree else self.installed.site, name)
        path = os.path.realpath(self.root / path)
        return path, f"{path}.py"

    @cached_property
    def trees(self) -> dict[str, str]:
        """The folder of each package in the source tree, relative to the root, and its folder in the environment."""
        site = Path(os.path.realpath(self.installed.site))
        paths = self.installed.source_paths(self.root)
        return {path: str(site / name) for name, path in paths.items() if not path.endswith(".py")}

    @cached_property
    def generated(self) -> dict[str, str]:
        """The modules that only the build adds: their paths in the environment, and where they would be in the source tree."""
        site = Path(os.path.realpath(self.installed.site))
        sources = self.installed.source_files(self.root)
        built = {file: sources.get(file, file) for file in self.installed.importable}
        return {
            str(site / file): str(self.root / source)
            for file, source in built.items()
            if not (self.root / source).exists()
        }

    @property
    def unused(self) -> tuple[str, ...]:
        """Those of the generated modules that coverage would find in the source tree although no test runs them."""
        namespaces = self.config.options.get("report:include_namespace_packages")
        folders = [Path(path) for path in self.source or ()]
        return tuple(
            file
            for file, path in self.generated.items()
            if any(
                namespaces or all((parent / "__init__.py").exists() for parent in _between(folder, Path(path)))
                for folder in folders
                if Path(path).is_relative_to(folder)
            )
        )

    def write_run_config(self, folder: Path, data: Path) -> Path:
        """Write the project's configuration, in which the installed project and the source tree are measured. Return its path.

        Every process that the tests start finds it. The files that the project omits are measured, too, and the reports of the gate
        omit them, because the patterns are made for the source tree: `*/site-packages/*` would omit everything.
        """
        run = {
            name.removeprefix("run:"): value for name, value in self.config.options.items() if name.startswith("run:")
        }
        kept = {name: value for name, value in run.items() if name not in _PLACES}
        # The source is empty and not missing, because covdefaults would set one.
        own: dict[str, Value] = {"source": (), "include": self._patterns(), "data_file": str(data), "parallel": True}
        return write_rcfile(folder / RCFILE, {"run": {**kept, **own}, **self.config.plugins})

    def _patterns(self) -> tuple[str, ...]:
        """Return patterns for the files to measure. Raises `EvenfallError` (usage) for a path that a pattern can't express."""
        root, site = Path(os.path.realpath(self.root)), Path(os.path.realpath(self.installed.site))
        sources = (str(root / path) for path in self.installed.source_paths(self.root).values())
        paths = [*dict.fromkeys((*(self.source or (str(root),)), *map(os.path.normpath, sources)))]
        inside = [path for path in paths if not root.is_relative_to(path)]
        if len(inside) < len(paths):  # the root, with the environments, is among them
            inside += [str(root / name) for name in top_level(root)]
        inside += [str(site / name) for name in self.installed.packages]
        inside += [str(site / f"{name}.py") for name in self.installed.modules]
        if unfit := [path for path in inside if re.search(r"[],?*[]", path)]:
            raise EvenfallError(
                f"{unfit[0]}: coverage can't measure a path with one of the characters , ? * [ ]",
                hint="rename the folder",
            )
        own = () if self.source else self.config.values("run:include")
        return (*dict.fromkeys(pattern for path in inside for pattern in (path, f"{path}/*")), *own)

    def write_search_config(self, folder: Path, data: Path, program: Path) -> Path:
        """Write the configuration to run an empty program, so that coverage finds the files that `source` names and no test runs."""
        folders = tuple(path for path in self.source or () if Path(path).is_dir())
        options = {name: self.config.options.get(f"run:{name}") for name in ("branch", "plugins")}
        options["omit"] = (*self.config.values("run:omit"), NOXFILE, str(program))
        namespace = {"include_namespace_packages": self.config.options.get("report:include_namespace_packages")}
        own: dict[str, Value] = {"source": folders, "data_file": str(data), "disable_warnings": ("no-data-collected",)}
        return write_rcfile(
            folder / "search.ini", {"run": {**options, **own}, "report": namespace, **self.config.plugins}
        )

    def write_path_rules(self, folder: Path) -> Path:
        """Write a configuration that maps the paths of every job, on any system, to the source tree.

        Coverage uses the first rule whose result exists. A module that the build generates is read from this environment, and the
        project's own rules come last. https://coverage.readthedocs.io/en/latest/config.html#paths
        """
        root, site = self.root, self.installed.site
        rules = []
        # A folder comes before the package around it.
        for name, path in sorted(self.installed.source_paths(root).items(), reverse=True):
            if name.endswith(".py"):
                name, path = "", posixpath.dirname(path)
            rules.append((str(root / path), f"*/site-packages/{name}"))
        rules.append((site, "*/site-packages"))
        folders = [name for name in top_level(root) if (root / name).is_dir()]
        rules += [(str(root / name), f"*/{root.name}/{name}") for name in folders]
        rules += [(str(root / name), f"*/{name}") for name in folders]
        rules.append((str(root), f"*/{root.name}"))
        numbered = {f"rule{number}": rule for number, rule in enumerate(dict.fromkeys(rules))}
        own = {f"own_{name}": values for name, values in self.config.paths.items()}
        return write_rcfile(folder / "paths.ini", {"run": {"relative_files": False}, "paths": {**numbered, **own}})


def _between(folder: Path, file: Path) -> list[Path]:
    return [parent for parent in file.parents if parent != folder and parent.is_relative_to(folder)]


def top_level(root: Path) -> tuple[str, ...]:
    """Return the names of the tracked files and folders directly in the root."""
    return tuple(sorted({name.partition("/")[0] for name in tracked_files(root)}))

"""What the project ships, as it lies installed in a session's environment, and how the tests get that and not the source tree."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import nox

from evenfall.errors import EvenfallError

_PROBE = """
import importlib.metadata as metadata, json, sys
distribution = metadata.distribution(sys.argv[1])
files = [file for file in distribution.files or () if not file.parts[0].endswith((".dist-info", ".data")) and ".." not in file.parts]
modules = [file for file in files if file.suffix in (".py", ".so", ".pyd") and "__pycache__" not in file.parts]
packages = {file.parent.as_posix() for file in modules if file.name == "__init__.py"}
outermost = {p for p in packages if not any(p.startswith(q + "/") for q in packages)}
loose = {file for file in modules if not any(p == file.parent.as_posix() or file.as_posix().startswith(p + "/") for p in outermost)}
alone = {file.name.partition(".")[0] for file in loose if len(file.parts) == 1}
nested = {file.parent.as_posix() for file in loose if len(file.parts) > 1}
try:
    has_coverage = metadata.version("coverage")
except metadata.PackageNotFoundError:
    has_coverage = ""
installed = sorted({(d.metadata["Name"] or "").lower().replace("_", "-") for d in metadata.distributions()})
print(json.dumps({"site": str(distribution.locate_file("")), "packages": sorted(outermost | nested), "modules": sorted(alone),
    "installed": installed}))
"""

_FINDER = """
import sys
from importlib.machinery import PathFinder


class Shipped:
    names = {names!r}
    path = [{site!r}]

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if path is None and name in cls.names:
            return PathFinder.find_spec(name, cls.path, target)


sys.meta_path.insert(0, Shipped)
"""


class Shipped(msgspec.Struct, frozen=True):
    """The import packages (as paths like `a/b`) and the single modules of an installed project, below `site`."""

    site: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    installed: frozenset[str]

    @property
    def top_level(self) -> tuple[str, ...]:
        """The names that an import statement begins with."""
        return tuple(dict.fromkeys([*(package.partition("/")[0] for package in self.packages), *self.modules]))

    def in_tree(self, root: Path) -> dict[str, str]:
        """Where the source tree keeps them: `{"pkg": "src/pkg"}`, relative to `root`; what is generated in the build is not there."""
        places = {}
        for name in (*self.packages, *(f"{module}.py" for module in self.modules)):
            for base in ("src", ""):
                if (root / base / name).exists():
                    places[name] = f"{base}/{name}".lstrip("/")
                    break
        return places


def find_shipped(session: nox.Session, project: str) -> Shipped:
    """Ask a session's environment what the project installed there. Raises `EvenfallError` (usage) where that is no module."""
    told = str(session.run("python", "-I", "-c", _PROBE, project, silent=True, log=False, external="error"))
    shipped = msgspec.convert(json.loads(told), Shipped)
    if not shipped.top_level:
        raise EvenfallError(
            f"{project}: its wheel holds no module to import", hint="uv build --wheel, and look into dist/"
        )
    return shipped


def import_only_shipped(shipped: Shipped) -> None:
    """Make every Python of the environment import the project from site-packages, wherever it runs and whatever its path says.

    The working directory, `pythonpath` and pytest's rootdir would else win over what is shipped; a `.pth` file
    (https://docs.python.org/3/library/site.html) holds for subprocesses and xdist's workers too.
    """
    site = Path(shipped.site)
    (site / "_evenfall_shipped.py").write_text(
        _FINDER.format(names=shipped.top_level, site=shipped.site), encoding="utf-8"
    )
    (site / "_evenfall_shipped.pth").write_text("import _evenfall_shipped\n", encoding="utf-8")

"""Coverage data on its way from a cell to the gate: one visible file a cell, named after it and the system."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.sessions.shipped import Shipped

FOLDER = "coverage-data"

# A runner's label begins with the system's name; Python has names of its own for them.
_SYSTEMS = {"ubuntu": "linux", "linux": "linux", "macos": "darwin", "windows": "win32"}

_ASK = """
import coverage, json, sys
configured = coverage.Coverage()
def value(name):
    try:
        return configured.get_option("run:" + name)
    except coverage.CoverageException:  # an option that this version does not know
        return None
print(json.dumps({name: value(name) for name in sys.argv[1:] if value(name)}))
"""

_EXECUTED = """
import coverage, json, sys
data = coverage.CoverageData(sys.argv[1])
data.read()
print(json.dumps(sorted(file for file in data.measured_files() if data.lines(file))))
"""


class Configured(msgspec.Struct, frozen=True):
    """What the project's `[run]` table says, as coverage itself reads it; empty where this coverage knows no such option."""

    source: tuple[str, ...] = ()
    source_pkgs: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    patch: tuple[str, ...] = ()
    relative_files: bool = False


def system_of(label: str) -> str:
    """`sys.platform` of a runner: `"linux"` for `ubuntu-latest`. An unknown label is its own system."""
    return _SYSTEMS.get(label.partition("-")[0], label)


def data_file(cell: str, system: str = sys.platform) -> Path:
    """Where a cell leaves its data. Not hidden: GitHub's artifacts leave hidden files out."""
    return Path(FOLDER, f"{re.sub(r'[^A-Za-z0-9._-]', '_', cell)}-{system}.dat")


def read_configured(session: nox.Session) -> Configured:
    """Ask coverage what the project configured."""
    told = session.run("python", "-c", _ASK, *Configured.__struct_fields__, silent=True, log=False, external="error")
    return msgspec.json.decode(str(told), type=Configured)


def tree_places(configured: Configured, shipped: Shipped) -> tuple[str, ...]:
    """Folders of the tree to measure, relative to it: those of what is shipped, and those that the project names, like `tests`."""
    root = Path.cwd()
    own = [place for place in shipped.in_tree(root).values() if not place.endswith(".py")]
    named = [os.path.normpath(name).replace(os.sep, "/") for name in (*configured.source, *configured.source_pkgs)]
    beside = [
        name
        for name in named
        if (root / name).is_dir() and not any(f"{place}/".startswith(f"{name}/") for place in own)
    ]
    return tuple(dict.fromkeys([*own, *(name for name in beside if name != "." and not name.startswith(("..", "/")))]))


def sources(configured: Configured, shipped: Shipped) -> str:
    """What to measure: what is installed, and the tree, where nothing that is shipped may be executed."""
    site = Path(shipped.site)
    return ",".join(
        [*(str(site / package) for package in shipped.packages), *shipped.modules, *tree_places(configured, shipped)]
    )


def keep(session: nox.Session, raw: Path, kept: Path) -> None:
    """Combine what the processes of one cell measured, with paths as they are."""
    kept.parent.mkdir(exist_ok=True)
    files = map(str, sorted(raw.iterdir()))
    session.run("coverage", "combine", "--quiet", "--rcfile=", f"--data-file={kept}", *files, external="error")


def check_outside_tree(session: nox.Session, kept: Path, shipped: Shipped) -> None:
    """Raises `EvenfallError` (usage), and removes the data, where the tests ran a file of the source tree that is shipped."""
    root = Path.cwd()
    told = session.run("python", "-c", _EXECUTED, str(kept), silent=True, log=False, external="error")
    executed = {Path(root, file) for file in json.loads(str(told))}
    inside = [
        file.relative_to(root).as_posix()
        for name, place in shipped.in_tree(root).items()
        for file in sorted(executed)
        if file.is_relative_to(root / place) and Path(shipped.site, name, file.relative_to(root / place)).exists()
    ]
    if inside:
        kept.unlink()
        more = f" (and {len(inside) - 1} more)" if len(inside) > 1 else ""
        raise EvenfallError(
            f"{inside[0]}{more}: the tests ran the source tree, not what is shipped",
            hint="remove what loads files by their path: spec_from_file_location, or --import-mode=importlib with --doctest-modules",
        )


def write_paths(folder: Path, configured: Configured, shipped: Shipped) -> Path:
    """A coverage configuration that takes every cell's paths, of any system, back to the source tree.

    Coverage takes the first rule whose result exists: what is generated in the build is read in this environment.
    https://coverage.readthedocs.io/en/latest/config.html#paths
    """
    root = Path.cwd()
    bases = [place.removesuffix(name).rstrip("/") or "." for name, place in shipped.in_tree(root).items()]
    installed = os.path.relpath(shipped.site, root)
    rules = [(base, "*/site-packages") for base in dict.fromkeys([*bases, installed])]
    places = tree_places(configured, shipped)
    rules += [(place, f"*/{root.name}/{place}") for place in places] + [(place, f"*/{place}") for place in places]
    lines = [f"rule{number} =\n    {result}\n    {pattern}\n" for number, (result, pattern) in enumerate(rules)]
    file = folder / "paths.ini"
    run = f"[run]\nrelative_files = {str(configured.relative_files).lower()}\n"
    file.write_text(f"{run}[paths]\n{''.join(lines)}", encoding="utf-8")
    return file

"""Coverage data on its way from a job to the gate: one visible file a job, named after it, the system and the code."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline.systems import system_of
from evenfall.sessions.installed_project import Shipped

FOLDER = "coverage-data"

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

# What no test imported is measured too, with nothing executed. Coverage itself finds only what lies in packages with an __init__.py.
_TOUCH = """
import coverage, json, os, sys
data = coverage.CoverageData(sys.argv[1])
data.read()
known = {os.path.realpath(file) for file in data.measured_files()}
for file in json.load(open(sys.argv[2], encoding="utf-8")):
    if os.path.realpath(file) not in known:
        data.touch_file(file)
"""


class Configured(msgspec.Struct, frozen=True):
    """What the project's `[run]` table says, as coverage itself reads it; empty where this coverage knows no such option."""

    source: tuple[str, ...] = ()
    source_pkgs: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    patch: tuple[str, ...] = ()
    relative_files: bool = False


def new_data_file(job: str, digest: str) -> Path:
    """Where a job leaves its data here, with what it left before removed. A generated job says on which runner it is."""
    system = os.environ.get("EVENFALL_SYSTEM", sys.platform)
    for old in Path(FOLDER).glob(_data_file(job, system, "*").name):
        old.unlink()
    return _data_file(job, system, digest)


def find_data(job: str, label: str, digest: str) -> Path | None:
    """What a job left on the runner of that label, or on a machine of the same system that has no label, with the same code."""
    files = (_data_file(job, system, digest) for system in (label, system_of(label)))
    return next((file for file in files if file.is_file()), None)


def stale_data(digest: str) -> tuple[str, ...]:
    """The names of the files with data of other code."""
    return tuple(file.name for file in sorted(Path(FOLDER).glob("*.dat")) if not file.stem.endswith(f"@{digest}"))


def _data_file(job: str, system: str, digest: str) -> Path:
    """Not hidden: GitHub's artifacts leave hidden files out."""
    one, other = (re.sub(r"[^A-Za-z0-9._-]", "_", part) for part in (job, system))
    return Path(FOLDER, f"{one}@{other}@{digest}.dat")


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
    """What to measure: what is installed, and the tree, where nothing that is shipped may be executed.

    Raises `EvenfallError` (usage) where a path has a comma, at which coverage would split it.
    """
    site = Path(shipped.site)
    named = [
        *(str(site / package) for package in shipped.packages),
        *shipped.modules,
        *tree_places(configured, shipped),
    ]
    if split := [name for name in named if "," in name]:
        raise EvenfallError(
            f"{split[0]}: coverage cannot measure a path with a comma", hint="rename the folder that has the comma"
        )
    return ",".join(named)


def keep(session: nox.Session, raw: Path, kept: Path, shipped: Shipped) -> None:
    """Combine what the processes of one job measured, paths as they are, and add what is shipped and was never imported.

    `raw` is how the names of their files begin.
    """
    kept.parent.mkdir(exist_ok=True)
    session.run("coverage", "combine", "--quiet", "--rcfile=", f"--data-file={raw}", str(raw.parent), external="error")
    shutil.move(raw, kept)
    all_shipped = session.env_dir / "shipped.json"  # a command line would be too short for the names of a large project
    names = [str(Path(shipped.site, file)) for file in shipped.importable]
    all_shipped.write_text(json.dumps(names), encoding="utf-8")
    session.run("python", "-c", _TOUCH, str(kept), str(all_shipped), log=False, external="error")


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
    """A coverage configuration that takes every job's paths, of any system, back to the source tree.

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

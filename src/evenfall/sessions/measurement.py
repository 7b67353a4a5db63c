"""Coverage data on its way from a cell to the gate: one visible file a cell, named after it and the system."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.sessions.shipped import Shipped

FOLDER = "coverage-data"

# A runner's label begins with the system's name; Python has names of its own for them.
_SYSTEMS = {"ubuntu": "linux", "linux": "linux", "macos": "darwin", "windows": "win32"}


def system_of(label: str) -> str:
    """`sys.platform` of a runner: `"linux"` for `ubuntu-latest`. An unknown label is its own system."""
    return _SYSTEMS.get(label.partition("-")[0], label)


def data_file(cell: str, system: str = sys.platform) -> Path:
    """Where a cell leaves its data. Not hidden: GitHub's artifacts leave hidden files out."""
    return Path(FOLDER, f"{re.sub(r'[^A-Za-z0-9._-]', '_', cell)}-{system}.dat")


def check_installed(shipped: Shipped) -> None:
    """Raises `EvenfallError` (usage) where the environment has no coverage."""
    if "coverage" not in shipped.installed:
        raise EvenfallError("coverage: not in the project's test groups", hint="uv add --group test coverage")


def sources(session: nox.Session, shipped: Shipped) -> str:
    """What to measure: the project as installed, and the folders beside it that its own configuration names, like `tests`."""
    root = Path.cwd()
    site = Path(shipped.site)
    ours = {*shipped.top_level, "src", "."} | set(shipped.in_tree(root).values())
    more = [
        name for name in option(session, "run:source") or () if name.rstrip("/") not in ours and (root / name).is_dir()
    ]
    return ",".join([*(str(site / package) for package in shipped.packages), *shipped.modules, *more])


def option(session: nox.Session, name: str) -> Any:
    """A value of the project's coverage configuration, read by coverage itself."""
    program = "import coverage, json, sys; print(json.dumps(coverage.Coverage().get_option(sys.argv[1])))"
    return json.loads(str(session.run("python", "-c", program, name, silent=True, log=False, external="error")))


def keep(session: nox.Session, raw: Path, kept: Path) -> None:
    """Combine what the processes of one cell measured, with paths as they are."""
    kept.parent.mkdir(exist_ok=True)
    session.run(
        "coverage",
        "combine",
        "--quiet",
        "--rcfile=",
        f"--data-file={kept}",
        *map(str, sorted(raw.iterdir())),
        external="error",
    )


def check_outside_tree(session: nox.Session, kept: Path, shipped: Shipped) -> None:
    """Raises `EvenfallError` where the tests ran the source tree in place of what is shipped."""
    root = Path.cwd()
    program = "import coverage, json, sys; d = coverage.CoverageData(sys.argv[1]); d.read(); print(json.dumps(sorted(d.measured_files())))"
    measured = json.loads(
        str(session.run("python", "-c", program, str(kept), silent=True, log=False, external="error"))
    )
    tree = tuple(str(root / place) for place in shipped.in_tree(root).values())
    inside = [path for path in measured if path.startswith(tree)]
    if inside:
        kept.unlink()
        raise EvenfallError(
            f"{Path(inside[0]).relative_to(root)}: the tests ran the source tree, not what is shipped ({len(inside)} files)",
            hint="remove what puts the source tree on the path (sys.path in conftest.py, PYTHONPATH)",
        )


def write_paths(folder: Path, shipped: Shipped) -> Path:
    """A coverage configuration that takes every cell's paths, of any system, back to the source tree."""
    root = Path.cwd()
    tree = shipped.in_tree(root)
    lines = ["[paths]"]
    for number, (name, place) in enumerate(tree.items()):
        lines += [f"shipped{number} =", f"    {place}", f"    */site-packages/{name}", f"    */{place}"]
    for number, name in enumerate(
        sorted(path.name for path in root.iterdir() if path.is_dir() and path.name not in {"src", ".nox"})
    ):
        lines += [f"beside{number} =", f"    {name}", f"    */{root.name}/{name}"] if name not in tree else []
    file = folder / "paths.ini"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file

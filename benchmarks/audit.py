"""Known vulnerabilities in locks by the same records: `python -m benchmarks.audit EXPORT.zip PROJECT...`, in the group `bench`.

EXPORT.zip is an OSV export for PyPI, PROJECT a folder with a `uv.lock`. The peers ask an OSV API on loopback that answers from the
same records, so that nobody waits for a network. Before anything is measured, all must have found the same.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from packaging.utils import canonicalize_name
from uv import find_uv_bin

from benchmarks.measure import Measured, in_turn, run, wall
from evenfall.project.lockfile import read_lockfile
from evenfall.supply_chain.audit.packages import audited_packages
from tests.supply_chain.osv import Loopback, serving

ROOT = Path(__file__).parents[1]
RUNS = int(os.environ.get("EVENFALL_BENCH_RUNS", "5"))
EVENFALL, UV, PIP_AUDIT, SAFETY = "`evenfall audit`", "`uv audit`", "`pip-audit -s osv`", "`safety check`"
FOUND = (0, 1, 3, 64)
"""What the tools end with when they have looked; an export of last year is too old for ours (3), which tells its rows all the same."""
Found = frozenset[tuple[str, str, str]]
"""Package, version, and the name of the record."""
# What is told on stderr is measured along with the result.
_RESULT = "import os, sys; os.dup2(os.open(os.devnull, os.O_WRONLY), 2); from {0} import main; sys.exit(main())"


def main() -> None:
    """Print a part of the page: for each project the median of each, and how many times as long as ours."""
    export, *projects = (Path(name).absolute() for name in sys.argv[1:])
    versions = ", ".join(f"{name} {version(name)}" for name in ("evenfall", "uv", "pip-audit", "safety"))
    print("## Known vulnerabilities\n")
    print(f"`nox -s bench -- audit EXPORT.zip PROJECT...`, with {versions}.")
    print(f"The peers ask an OSV API on loopback that answers from the records of the export ({export.stem}).")
    print(f"Medians of {RUNS} runs in turn.\n")
    print("| locked packages | vulnerable by a record | what | seconds | times ours |\n| --- | --- | --- | --- | --- |")
    for project in projects:
        compared(export, project)
    print(
        "\nOf every lock, all found the same; so did Safety by the same records. Budget: 0.3 s and a tenth of pip-audit's time"
    )
    print("for 500 packages.")


def compared(export: Path, project: Path) -> None:
    """Print the rows of one project."""
    with serving() as loopback, tempfile.TemporaryDirectory() as name:
        loopback.records = records(export)
        tools = contestants(export, project, Path(name), loopback)
        found = {tool: known(tool, measure().printed, Path(name), loopback) for tool, measure in tools.items()}
        for tool, rows in found.items():
            if rows != found[EVENFALL]:
                raise SystemExit(f"{tool} differs from ours in {sorted(rows ^ found[EVENFALL])}")
        del tools[SAFETY]  # it is asked for what it finds; it can't be asked for our database without writing that out
        seconds = {tool: wall(runs) for tool, runs in in_turn(tools, RUNS).items()}
    number = len(audited_packages(read_lockfile(project / "uv.lock"))[0])
    for tool, each in seconds.items():
        print(
            f"| {number} | {len(found[EVENFALL])} | {tool} | {each:.2f} | {each / seconds[EVENFALL]:.1f} |", flush=True
        )


def records(export: Path) -> dict[str, Mapping[str, object]]:
    with zipfile.ZipFile(export) as archive:
        return {each["id"]: each for name in archive.namelist() for each in [json.loads(archive.read(name))]}


def contestants(export: Path, project: Path, folder: Path, loopback: Loopback) -> dict[str, Callable[[], Measured]]:
    found, _ = audited_packages(read_lockfile(project / "uv.lock"))
    pinned = folder / "requirements.txt"
    one_each = {each.name: each.version for each in found}  # pip-audit refuses two versions of a package
    pinned.write_text("".join(f"{name}=={version}\n" for name, version in one_each.items()))
    ours = ["audit", "--json", f"--database={export}", "--report", str(folder / "ours.json")]
    theirs = ["--disable-pip", "--no-deps", "-r", str(pinned), "-s", "osv", "--progress-spinner=off", "-f", "json"]
    asked = ["-o", str(folder / "theirs.json"), "--osv-url", f"{loopback.address}/v1/query"]
    uv = [find_uv_bin(), "audit", "-q", "--frozen", "--output-format=json", f"--service-url={loopback.address}"]
    quiet = {"XDG_CACHE_HOME": str(folder), "UV_HTTP_RETRIES": "0", "PYTHONPATH": str(ROOT)}

    def python(module: str, *arguments: str) -> Callable[[], Measured]:
        command = [sys.executable, "-c", _RESULT.format(module), *arguments]
        return lambda: run(command, project, quiet, fine=FOUND)

    return {
        EVENFALL: python("evenfall.cli.main", *ours),
        UV: lambda: run(uv, project, quiet, fine=FOUND),
        PIP_AUDIT: lambda: run([sys.executable, "-m", "pip_audit", *theirs, *asked], project, quiet, fine=FOUND),
        SAFETY: python("benchmarks.audit_by_safety", str(export), str(project)),
    }


def known(tool: str, printed: str, folder: Path, loopback: Loopback) -> Found:
    """What it found, by the names of records."""
    if tool == SAFETY:
        return frozenset((package, version, name) for package, version, name in json.loads(printed))
    if tool == EVENFALL:
        rows = json.loads((folder / "ours.json").read_text())["vulnerabilities"]
        told = [(row["package"], row["version"], name) for row in rows for name in row["names"]]
    elif tool == UV:
        rows = json.loads(printed)["vulnerabilities"]
        told = [(row["dependency"]["name"], row["dependency"]["version"], row["id"]) for row in rows]
    else:
        rows = json.loads((folder / "theirs.json").read_text())["dependencies"]
        told = [
            (row["name"], row["version"], name)
            for row in rows
            for each in row["vulns"]
            for name in (each["id"], *each["aliases"])
        ]
    return frozenset(
        (canonicalize_name(package), version, name) for package, version, name in told if name in loopback.records
    )


if __name__ == "__main__":
    main()

"""Compare `evenfall audit` with its peers on the same records: `python -m benchmarks.audit EXPORT.zip PROJECT...`, in the group `bench`.

EXPORT.zip is an OSV export for PyPI, PROJECT a folder with a `uv.lock`. The peers query an OSV API on loopback that serves the
same records, so that the network does not matter. All of them must find the same vulnerabilities before their time is measured.
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
COMPLETED = (0, 1, 3, 64)
"""The exit codes of a completed audit. Evenfall's is 3 for an old export, which it reports after the vulnerabilities."""
Found = frozenset[tuple[str, str, str]]
"""Package, version and record id."""
# The standard error of a run would be mixed with its result.
_QUIET = "import os, sys; os.dup2(os.open(os.devnull, os.O_WRONLY), 2); from {0} import main; sys.exit(main())"


def main() -> None:
    """Print a part of the page: for each project the median time of each tool, and its ratio to Evenfall's."""
    export, *projects = (Path(name).absolute() for name in sys.argv[1:])
    versions = ", ".join(f"{name} {version(name)}" for name in ("evenfall", "uv", "pip-audit", "safety"))
    print("## Known vulnerabilities\n")
    print(f"`nox -s bench -- audit EXPORT.zip PROJECT...`, with {versions}.")
    print(f"The peers query an OSV API on loopback that serves the records of the export ({export.stem}).")
    print(f"Medians of {RUNS} runs in turn.\n")
    print("| locked packages | vulnerable by a record | tool | seconds | ratio |\n| --- | --- | --- | --- | --- |")
    for project in projects:
        compare(export, project)
    print(
        "\nIn each lock all of them found the same, as did Safety's matcher with the same records. Budget for 500 packages:"
    )
    print("0.3 s and a tenth of pip-audit's time.")


def compare(export: Path, project: Path) -> None:
    """Print the rows of one project."""
    with serving() as loopback, tempfile.TemporaryDirectory() as name:
        loopback.records = records(export)
        tools = contestants(export, project, Path(name), loopback)
        found = {
            tool: vulnerabilities(tool, measure().printed, Path(name), loopback) for tool, measure in tools.items()
        }
        for tool, rows in found.items():
            if rows != found[EVENFALL]:
                raise SystemExit(f"{tool} differs from {EVENFALL} in {sorted(rows ^ found[EVENFALL])}")
        del tools[SAFETY]  # its time includes writing a database
        seconds = {tool: wall(runs) for tool, runs in in_turn(tools, RUNS).items()}
    number = len(audited_packages(read_lockfile(project / "uv.lock")))
    for tool, each in seconds.items():
        ratio = each / seconds[EVENFALL]
        print(f"| {number} | {len(found[EVENFALL])} | {tool} | {each:.2f} | {ratio:.1f} |", flush=True)


def records(export: Path) -> dict[str, Mapping[str, object]]:
    """Return the records of an export by id."""
    with zipfile.ZipFile(export) as archive:
        return {each["id"]: each for name in archive.namelist() for each in [json.loads(archive.read(name))]}


def contestants(export: Path, project: Path, folder: Path, loopback: Loopback) -> dict[str, Callable[[], Measured]]:
    """Return a function per tool that audits the project."""
    requirements = folder / "requirements.txt"
    # pip-audit refuses two versions of a package.
    pinned = {each.name: each.version for each in audited_packages(read_lockfile(project / "uv.lock"))}
    requirements.write_text("".join(f"{name}=={version}\n" for name, version in pinned.items()))
    evenfall = ["audit", "--json", f"--database={export}", "--report", str(folder / "evenfall.json")]
    options = ["--disable-pip", "--no-deps", "-r", str(requirements), "-s", "osv", "--progress-spinner=off"]
    output = ["-f", "json", "-o", str(folder / "pip-audit.json"), "--osv-url", f"{loopback.address}/v1/query"]
    uv = [find_uv_bin(), "audit", "-q", "--frozen", "--output-format=json", f"--service-url={loopback.address}"]
    environ = {"XDG_CACHE_HOME": str(folder), "UV_HTTP_RETRIES": "0", "PYTHONPATH": str(ROOT)}

    def python(module: str, *arguments: str) -> Callable[[], Measured]:
        command = [sys.executable, "-c", _QUIET.format(module), *arguments]
        return lambda: run(command, project, environ, fine=COMPLETED)

    return {
        EVENFALL: python("evenfall.cli.main", *evenfall),
        UV: lambda: run(uv, project, environ, fine=COMPLETED),
        PIP_AUDIT: lambda: run(
            [sys.executable, "-m", "pip_audit", *options, *output], project, environ, fine=COMPLETED
        ),
        SAFETY: python("benchmarks.audit_by_safety", str(export), str(project)),
    }


def vulnerabilities(tool: str, printed: str, folder: Path, loopback: Loopback) -> Found:
    """Return what a tool found, by the ids of the records."""
    if tool == SAFETY:
        return frozenset((package, version, name) for package, version, name in json.loads(printed))
    if tool == EVENFALL:
        rows = json.loads((folder / "evenfall.json").read_text())["vulnerabilities"]
        found = [(row["package"], row["version"], name) for row in rows for name in row["ids"]]
    elif tool == UV:
        rows = json.loads(printed)["vulnerabilities"]
        found = [(row["dependency"]["name"], row["dependency"]["version"], row["id"]) for row in rows]
    else:
        rows = json.loads((folder / "pip-audit.json").read_text())["dependencies"]
        found = [
            (row["name"], row["version"], name)
            for row in rows
            for each in row["vulns"]
            for name in (each["id"], *each["aliases"])
        ]
    return frozenset(
        (canonicalize_name(package), version, name) for package, version, name in found if name in loopback.records
    )


if __name__ == "__main__":
    main()

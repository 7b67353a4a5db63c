"""Compare `evenfall audit` with its peers: `python -m benchmarks.audit EXPORT.zip PROJECT...`.

It prints the part `audit` of the benchmarks page. EXPORT.zip is an OSV export for PyPI, PROJECT a folder with a `uv.lock`. The peers
query an OSV API on loopback that serves the same records, so that the network does not matter. All tools must find the same
vulnerabilities before their time is measured.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from packaging.utils import canonicalize_name

from benchmarks.measure import RUNS, Measurement, measure, measure_in_turn, median_seconds
from benchmarks.safety_check import safety_check
from evenfall.project.lockfile import read_lockfile
from evenfall.project.tools import uv_program
from evenfall.supply_chain.audit.packages import audited_packages
from tests.supply_chain.osv import Loopback, serving

EVENFALL, UV, PIP_AUDIT, SAFETY = "`evenfall audit`", "`uv audit`", "`pip-audit -s osv`", "`safety check`"
COMPLETED = (0, 1, 3)
"""The exit codes of a completed audit. Evenfall's is 3 for an old export, which it reports after the vulnerabilities."""
Matches = frozenset[tuple[str, str, str]]
"""Package, version and record id."""


def main() -> None:
    """Print for each project the median time of each tool and its ratio to Evenfall's."""
    export, *projects = (Path(name).absolute() for name in sys.argv[1:])
    versions = ", ".join(f"{name} {version(name)}" for name in ("evenfall", "uv", "pip-audit", "safety"))
    print("## Known vulnerabilities\n")
    print("`nox -s bench -- audit EXPORT.zip PROJECT...` audits projects with the records of an OSV export.")
    print(f"The peers query an OSV API on loopback that serves the same records ({export.stem}).\n")
    print(f"Versions: {versions}. Runs of each tool: {RUNS}; the table shows medians.\n")
    print("| locked packages | matching records | tool | seconds | ratio |\n| --- | --- | --- | --- | --- |")
    for project in projects:
        compare(export, project)
    print("\nAll tools found the same vulnerabilities in each project, as did Safety's matcher with the same records.")
    print("Budget for 500 packages: 0.3 s and a tenth of pip-audit's time.")


def compare(export: Path, project: Path) -> None:
    """Print the rows of one project. Raises `SystemExit` if a tool finds other vulnerabilities than Evenfall."""
    packages = audited_packages(read_lockfile(project / "uv.lock"))
    with serving() as loopback, tempfile.TemporaryDirectory() as name:
        loopback.records = read_records(export)
        tools = commands(export, project, Path(name), loopback.address)
        matches = {tool: read_matches(tool, run().stdout, Path(name), loopback) for tool, run in tools.items()}
        matches[SAFETY] = safety_check(export, packages)
        for tool, found in matches.items():
            if found != matches[EVENFALL]:
                raise SystemExit(f"{tool} differs from {EVENFALL} in {sorted(found ^ matches[EVENFALL])}")
        seconds = {tool: median_seconds(runs) for tool, runs in measure_in_turn(tools).items()}
    for tool, median in seconds.items():
        ratio = median / seconds[EVENFALL]
        print(f"| {len(packages)} | {len(matches[EVENFALL])} | {tool} | {median:.2f} | {ratio:.1f} |", flush=True)


def read_records(export: Path) -> dict[str, Mapping[str, object]]:
    """Return the records of an export by id."""
    with zipfile.ZipFile(export) as archive:
        return {each["id"]: each for name in archive.namelist() for each in [json.loads(archive.read(name))]}


def commands(export: Path, project: Path, folder: Path, api: str) -> dict[str, Callable[[], Measurement]]:
    """Return a function for each tool that audits the project. Some tools write their report to `folder`."""
    requirements = folder / "requirements.txt"
    # pip-audit accepts one version of a package.
    pins = {each.name: each.version for each in audited_packages(read_lockfile(project / "uv.lock"))}
    requirements.write_text("".join(f"{name}=={pin}\n" for name, pin in pins.items()))
    evenfall = ("audit", "--json", f"--database={export}", "--report", str(folder / "evenfall.json"))
    uv = ("audit", "-q", "--frozen", "--output-format=json", f"--service-url={api}")
    pip_audit = ("--disable-pip", "--no-deps", "-r", str(requirements), "-s", "osv", "--progress-spinner=off")
    pip_audit_output = ("-f", "json", "-o", str(folder / "pip-audit.json"), "--osv-url", f"{api}/v1/query")
    variables = {"XDG_CACHE_HOME": str(folder), "UV_HTTP_RETRIES": "0"}

    def run(*command: str) -> Callable[[], Measurement]:
        return lambda: measure(command, project, variables, exit_codes=COMPLETED)

    return {
        EVENFALL: run(sys.executable, "-m", "evenfall", *evenfall),
        UV: run(str(uv_program()), *uv),
        PIP_AUDIT: run(sys.executable, "-m", "pip_audit", *pip_audit, *pip_audit_output),
    }


def read_matches(tool: str, stdout: str, folder: Path, loopback: Loopback) -> Matches:
    """Return the records that a tool reports, without those that the export does not contain."""
    if tool == EVENFALL:
        rows = json.loads((folder / "evenfall.json").read_text())["vulnerabilities"]
        reported = [(row["package"], row["version"], id_) for row in rows for id_ in row["ids"]]
    elif tool == UV:
        rows = json.loads(stdout)["vulnerabilities"]
        reported = [(row["dependency"]["name"], row["dependency"]["version"], row["id"]) for row in rows]
    else:
        rows = json.loads((folder / "pip-audit.json").read_text())["dependencies"]
        reported = [
            (row["name"], row["version"], id_)
            for row in rows
            for each in row["vulns"]
            for id_ in (each["id"], *each["aliases"])
        ]
    return frozenset(
        (canonicalize_name(name), version_, id_) for name, version_, id_ in reported if id_ in loopback.records
    )


if __name__ == "__main__":
    main()

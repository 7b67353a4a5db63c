"""Safety's matcher on the records of an OSV export: `python -m benchmarks.audit_by_safety EXPORT.zip PROJECT`.

Prints the vulnerabilities that `safety check` finds in the project's lock as JSON. The records are converted to the format of
Safety's database, so that its matcher, which is independent of Evenfall's, works on the same data.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from evenfall.project.lockfile import read_lockfile
from evenfall.supply_chain.audit.advisories import Advisory, Window
from evenfall.supply_chain.audit.download import AdvisorySource
from evenfall.supply_chain.audit.osv_export import build_index
from evenfall.supply_chain.audit.packages import audited_packages
from evenfall.supply_chain.audit.safety import run_safety
from evenfall.supply_chain.audit.scanner_result import ScannerUnavailable
from evenfall.supply_chain.versions import parse_version

META = {"schema_version": "2.0.0", "timestamp": 0, "base_domain": "https://osv.dev", "packages": {}}


def main() -> int:
    export, project = sys.argv[1:3]
    packages = audited_packages(read_lockfile(Path(project, "uv.lock")))
    versions = {each.name: str(each.version) for each in packages}
    with tempfile.TemporaryDirectory() as folder:
        index = build_index(AdvisorySource(export), Path(folder), datetime.datetime.now(datetime.UTC))
        write_database(index.advisories({each.name for each in packages}), Path(folder))
        index.close()
        os.environ.pop("SAFETY_API_KEY", None)
        os.environ["SAFETY_DB_DIR"] = folder
        result = run_safety(packages)
    if isinstance(result, ScannerUnavailable):
        raise SystemExit(result.reason)
    advisories = [each.advisory for each in result.vulnerabilities]
    print(json.dumps([(each.package, versions[each.package], each.id) for each in advisories]))
    return 0


def write_database(advisories: Mapping[str, Sequence[Advisory]], folder: Path) -> None:
    """Write the advisories as a database of Safety's schema 2.0.0."""
    short = {name: [spec for each in several for spec in specifiers(each)] for name, several in advisories.items()}
    full = {name: [_entry(each) for each in several] for name, several in advisories.items()}
    for file, packages in (("insecure.json", short), ("insecure_full.json", full)):
        (folder / file).write_text(json.dumps({"meta": META, "vulnerable_packages": packages}), encoding="utf-8")


def _entry(advisory: Advisory) -> dict[str, object]:
    ids = [{"type": "pyup", "id": advisory.id}]
    return {"type": "pyup", "ids": ids, "specs": specifiers(advisory), "advisory": advisory.summary}


def specifiers(advisory: Advisory) -> list[str]:
    """Return specifiers (PEP 440); an affected version matches at least one."""
    listed = [f"=={version}" for version in sorted(advisory.versions) if parse_version(version)]
    return [*listed, *map(_specifier, advisory.windows())]


def _specifier(window: Window) -> str:
    """Return a specifier without local versions, which PEP 440 does not allow in an ordered comparison."""
    start = f">={window.start.public if window.start else '0.dev0'}"
    if window.end is None:
        return start
    return f"{start},<{'=' if window.closed or window.end.local else ''}{window.end.public}"


if __name__ == "__main__":
    sys.exit(main())

"""Run Safety's matcher, which is independent of Evenfall's, on the records of an OSV export."""

from __future__ import annotations

import datetime
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest.mock import patch

from evenfall.supply_chain.audit.advisories import Advisory, Window
from evenfall.supply_chain.audit.download import AdvisorySource
from evenfall.supply_chain.audit.osv_export import build_index
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.safety import DATABASE, KEY, run_safety
from evenfall.supply_chain.audit.scanner_result import ScannerUnavailable
from evenfall.supply_chain.versions import parse_version

_META = {"schema_version": "2.0.0", "timestamp": 0, "base_domain": "https://osv.dev", "packages": {}}


def safety_check(export: Path, packages: Sequence[AuditedPackage]) -> frozenset[tuple[str, str, str]]:
    """Return the package, version and record id of each vulnerability that `safety check` finds."""
    versions = {each.name: str(each.version) for each in packages}
    with tempfile.TemporaryDirectory() as folder:
        index = build_index(AdvisorySource(str(export)), Path(folder), datetime.datetime.now(datetime.UTC))
        _write_database(index.advisories(set(versions)), Path(folder))
        index.close()
        with patch.dict(os.environ, {DATABASE: folder}):
            os.environ.pop(KEY, None)
            result = run_safety(packages)
    if isinstance(result, ScannerUnavailable):
        raise SystemExit(result.reason)
    advisories = [each.advisory for each in result.vulnerabilities]
    return frozenset((each.package, versions[each.package], each.id) for each in advisories)


def _write_database(advisories: Mapping[str, Sequence[Advisory]], folder: Path) -> None:
    """Write the advisories as a database of Safety's schema 2.0.0."""
    specifiers = {
        name: [text for each in several for text in _specifiers(each)] for name, several in advisories.items()
    }
    details = {name: [_entry(each) for each in several] for name, several in advisories.items()}
    for file, packages in (("insecure.json", specifiers), ("insecure_full.json", details)):
        (folder / file).write_text(json.dumps({"meta": _META, "vulnerable_packages": packages}), encoding="utf-8")


def _entry(advisory: Advisory) -> dict[str, object]:
    ids = [{"type": "pyup", "id": advisory.id}]
    return {"type": "pyup", "ids": ids, "specs": _specifiers(advisory), "advisory": advisory.summary}


def _specifiers(advisory: Advisory) -> list[str]:
    """Return specifiers (PEP 440); an affected version matches at least one."""
    listed = [f"=={version}" for version in sorted(advisory.versions) if parse_version(version)]
    return [*listed, *map(_specifier, advisory.windows())]


def _specifier(window: Window) -> str:
    """Return a specifier without local versions, which PEP 440 does not allow in an ordered comparison."""
    start = f">={window.start.public}"
    if window.end is None:
        return start
    return f"{start},<{'=' if window.closed or window.end.local else ''}{window.end.public}"

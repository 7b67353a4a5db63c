"""What Safety finds in a lock by the records of an export, as JSON: `python -m benchmarks.audit_by_safety EXPORT.zip PROJECT`."""

from __future__ import annotations

import datetime
import json
import sys
import tempfile
from pathlib import Path

from evenfall.project.lockfile import read_lockfile
from evenfall.supply_chain.audit.download import AdvisorySource
from evenfall.supply_chain.audit.osv_export import build_index
from evenfall.supply_chain.audit.packages import audited_packages
from evenfall.supply_chain.audit.safety import ask_safety
from evenfall.supply_chain.audit.scanner_result import Missing


def main() -> int:
    export, project = sys.argv[1:3]
    found, _ = audited_packages(read_lockfile(Path(project, "uv.lock")))
    versions = {each.name: str(each.version) for each in found}
    with tempfile.TemporaryDirectory() as folder:
        index = build_index(AdvisorySource(export), Path(folder), datetime.datetime.now(datetime.UTC))
        opinion = ask_safety(found, index.of({each.name for each in found}))
        index.close()
    if isinstance(opinion, Missing):
        raise SystemExit(opinion.why)
    told = [(each.advisory.package, versions[each.advisory.package], each.advisory.id) for each in opinion.claims]
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())

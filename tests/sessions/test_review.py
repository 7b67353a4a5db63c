"""The session `review`, in a project whose lock did not change."""

from __future__ import annotations

import os

from tests.made_project import Made
from tests.supply_chain.osv import record, write_zip


def test_a_change_that_brings_nothing_passes(project: Made) -> None:
    write_zip(project.root / "osv.zip", record("PYSEC-1", "oil", versions=["1.0"]))
    project.commit("one more")
    options = (f"--database={os.fspath(project.root / 'osv.zip')}", "--offline")
    done = project.nox("-s", "review", "--", "HEAD~1", *options)
    assert done.returncode == 0, done.stdout
    assert "HEAD~1..the work tree: no package came, went or changed; 0 errors" in done.stdout

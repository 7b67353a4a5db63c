from __future__ import annotations

import os

import pytest

from tests.sample_project import SampleProject
from tests.supply_chain.osv import record, write_zip


@pytest.mark.integration
def test_the_session_passes_for_an_unchanged_lock(project: SampleProject) -> None:
    write_zip(project.root / "osv.zip", record("PYSEC-1", "oil", versions=["1.0"]))
    project.commit("one more")
    options = (f"--database={os.fspath(project.root / 'osv.zip')}", "--offline")
    done = project.nox("-s", "review", "--", "HEAD~1", *options)
    assert done.returncode == 0, done.stdout
    assert "HEAD~1..the work tree: no package changed; 0 errors" in done.stdout

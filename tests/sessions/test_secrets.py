from __future__ import annotations

import os
from pathlib import Path

from tests.made_project import Made, on_one_python
from tests.supply_chain.fake import fake

pytestmark = on_one_python


def test_the_session_is_the_verb_with_its_options(project: Made) -> None:
    done = project.nox("-s", "secrets")
    assert done.returncode == 0, done.stdout
    project.write("a.py", f"TOKEN = '{fake('github')}'\n")
    done = project.nox("-s", "secrets", "--", "--json")
    assert done.returncode == 1
    assert '"path": "a.py"' in done.stdout
    assert "nox > Session secrets aborted: evenfall secrets ended with 1; it says why above" in done.stdout
    assert fake("github") not in done.stdout


def test_what_can_not_be_found_out_is_inconclusive(project: Made, tmp_path: Path) -> None:
    project.commit("one more")
    project.git("clone", "--quiet", "--depth=1", project.root.as_uri(), os.fspath(tmp_path / "shallow"))
    done = Made(tmp_path / "shallow").nox("-s", "secrets")
    assert done.returncode == 1
    assert "a shallow clone: the history before its oldest commit is missing" in done.stdout
    assert "Session secrets aborted: inconclusive: evenfall secrets could not find out" in done.stdout


def test_it_is_no_default_of_nox(project: Made) -> None:
    """A bare `nox` runs what belongs to the workflow `ci`."""
    assert (
        "- secrets [security] -> Look for secrets in history and working tree; -- takes its options."
        in project.nox("-l").stdout
    )

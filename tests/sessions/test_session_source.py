from __future__ import annotations

import pytest

from evenfall.project.project import read_project
from evenfall.sessions.session_source import session_source
from evenfall.sessions.standard import SESSION_NAMES
from tests.sample_project import SampleProject

MAIN = 'if __name__ == "__main__":'


@pytest.mark.integration
def test_the_source_of_the_standard_sessions_in_a_noxfile_declares_the_same_pipeline_and_can_be_edited(
    project: SampleProject,
) -> None:
    pasted = "\n\n".join(session_source(name, read_project(project.root)) for name in SESSION_NAMES)
    listed = project.nox("-l").stdout
    project.replace(
        "noxfile.py", "evenfall.standard_sessions()\n", pasted.replace("failed: {', '", "my own words: {', '")
    )
    project.write(
        "noxfile.py",
        project.read("noxfile.py").replace(MAIN, f"evenfall.standard_sessions(omit={SESSION_NAMES})\n\n{MAIN}"),
    )
    assert project.nox("-l").stdout == listed
    assert project.command("generate", "--check").returncode == 0
    project.write("tests/untidy.py", 'ONE  = "one"\n')
    done = project.nox("-s", "lint")
    assert done.returncode == 1
    assert (
        "my own words: ruff check, isort, ruff format\n  next: nox -s lint -- --fix" in done.stdout
    )  # the paste repeats an import
    done = project.nox("-R", "-s", "lint", "--", "--fix")
    assert done.returncode == 0, done.stdout
